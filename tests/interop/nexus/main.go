// The client of nexus, for Go: WebSocket and RawSocket; JSON, MessagePack and CBOR. See ../checks.py, which says what a
// service and a caller are; checks.go has the checks.
//
//	nexus serve           the services of all variants, until stdin ends
//	nexus test CLIENT..   the checks against the services of those clients
//	nexus login URL METHOD AUTHID SECRET
//
// WS_URL and RS_URL say where; clients.json and values.json lie in the directory INTEROP.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gammazero/nexus/v3/client"
	"github.com/gammazero/nexus/v3/transport/serialize"
	"github.com/gammazero/nexus/v3/wamp"
)

const patience = 20 * time.Second

type caller struct {
	peer
	*client.Client
}

// A variant is a serializer, and "_rs" behind it where the transport is RawSocket.
func join(variant string) *caller {
	url := os.Getenv("WS_URL")
	serializer := strings.TrimSuffix(variant, "_rs")
	if serializer != variant {
		url = strings.Replace(os.Getenv("RS_URL"), "rs://", "tcp://", 1)
	}
	session, err := client.ConnectNet(context.Background(), url, client.Config{
		Realm:           "realm1",
		ResponseTimeout: patience,
		RecvLimit:       16 << 20,
		Serialization: map[string]serialize.Serialization{
			"json": client.JSON, "msgpack": client.MSGPACK, "cbor": client.CBOR}[serializer],
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return &caller{newPeer("nexus", variant), session}
}

func patient() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}

func (c *caller) ask(procedure string, args ...interface{}) (*wamp.Result, error) {
	ctx, cancel := patient()
	defer cancel()
	return c.Call(ctx, procedure, nil, args, nil, nil)
}

// The first value of the answer.
func (c *caller) call(procedure string, args ...interface{}) interface{} {
	result, err := c.ask(procedure, args...)
	must(err)
	expect(len(result.Arguments) > 0, "no value in the answer of %s", procedure)
	return result.Arguments[0]
}

// --- the service ---------------------------------------------------------------------------------------------------

func answer(args ...interface{}) client.InvokeResult {
	return client.InvokeResult{Args: args}
}

func (c *caller) fail(_ context.Context, inv *wamp.Invocation) client.InvokeResult {
	return client.InvokeResult{Err: "com.example.broken", Args: wamp.List{"broken"},
		Kwargs: wamp.Dict{"value": inv.Arguments[0]}}
}

func (c *caller) publish(_ context.Context, inv *wamp.Invocation) client.InvokeResult {
	topic, _ := wamp.AsString(inv.Arguments[0])
	err := c.Publish(topic, wamp.Dict{"acknowledge": true}, nil, wamp.Dict{"message": inv.Arguments[1]})
	if err != nil {
		return client.InvokeResult{Err: wamp.ErrInvalidArgument, Args: wamp.List{err.Error()}}
	}
	return answer(nil)
}

func (c *caller) count(ctx context.Context, inv *wamp.Invocation) client.InvokeResult {
	n, _ := wamp.AsInt64(inv.Arguments[0])
	for i := int64(0); i < n; i++ {
		if err := c.SendProgress(ctx, wamp.List{i}, nil); err != nil {
			break // the caller did not ask for it
		}
	}
	return answer(n)
}

func (c *caller) serve() {
	var heard atomic.Value
	procedures := map[string]client.InvocationHandler{
		"echo": func(_ context.Context, inv *wamp.Invocation) client.InvokeResult { return answer(inv.Arguments[0]) },
		"heard": func(context.Context, *wamp.Invocation) client.InvokeResult {
			return answer(heard.Load())
		},
		"fail": c.fail, "publish": c.publish, "count": c.count,
	}
	for name, handler := range procedures {
		must(c.Register(c.name+"_"+name, handler, nil))
	}
	must(c.Subscribe(c.name+"_topic", func(event *wamp.Event) { heard.Store(event.ArgumentsKw["message"]) }, nil))
}

// --- the program ---------------------------------------------------------------------------------------------------

func serve() {
	for _, variant := range clients["nexus"].Variants {
		join(variant).serve()
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func test(names []string) bool {
	var report report
	for _, variant := range clients["nexus"].Variants {
		c := join(variant)
		for _, service := range services(names) {
			report.checkService(c, service)
		}
		report.check(c.name+": leaves cleanly", func() { must(c.Close()) })
	}
	fmt.Printf("%d passed, %d failed\n", report.passed, report.failed)
	return report.failed == 0
}

func main() {
	if os.Args[1] == "login" {
		login(os.Args[2], os.Args[3], os.Args[4], os.Args[5])
		return
	}
	load("clients.json", &clients)
	load("values.json", &values)
	if os.Args[1] == "serve" {
		serve()
	} else if !test(os.Args[2:]) {
		os.Exit(1)
	}
}
