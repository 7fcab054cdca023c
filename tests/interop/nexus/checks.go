// What ../checks.py checks, in Go.
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/gammazero/nexus/v3/client"
	"github.com/gammazero/nexus/v3/transport/serialize"
	"github.com/gammazero/nexus/v3/wamp"
)

var clients map[string]struct {
	Variants, Can []string
	Failure       string
	Largest       int
}

var values struct {
	Text, Integers, Binary  []string
	Numbers, Floats, Nested []interface{}
	Sizes                   []int
}

func load(name string, into interface{}) {
	text, err := os.ReadFile(filepath.Join(os.Getenv("INTEROP"), name))
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		err = decoder.Decode(into)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, name, err)
		os.Exit(1)
	}
}

// What is known of a service or caller: its name, and what the client that it is made of can do.
type peer struct {
	name, failure string
	can           map[string]bool
	largest       int // of the texts that it takes
}

func newPeer(client, variant string) peer {
	known := clients[client]
	p := peer{name: client + "_" + variant, failure: known.Failure, can: map[string]bool{"": true}, largest: known.Largest}
	for _, ability := range known.Can {
		p.can[ability] = true
	}
	if p.failure == "" {
		p.failure = "com.example.broken"
	}
	if p.largest == 0 {
		p.largest = values.Sizes[len(values.Sizes)-1]
	}
	return p
}

func services(names []string) (all []peer) {
	for _, name := range names {
		for _, variant := range clients[name].Variants {
			all = append(all, newPeer(name, variant))
		}
	}
	return all
}

// --- how it is reported ----------------------------------------------------------------------------------------------

type report struct{ passed, failed int }

// check runs one; a panic is its failure.
func (r *report) check(name string, run func()) {
	defer func() {
		if trouble := recover(); trouble != nil {
			r.failed++
			fmt.Printf("FAILED %s\n%.400v\n", name, trouble)
			return
		}
		r.passed++
	}()
	run()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func expect(ok bool, format string, args ...interface{}) {
	if !ok {
		panic(fmt.Sprintf(format, args...))
	}
}

// --- values ------------------------------------------------------------------------------------------------------------

// A number of values.json as Go has it.
func number(n json.Number) interface{} {
	if strings.ContainsAny(n.String(), ".eE") {
		f, err := n.Float64()
		must(err)
		return f
	}
	i, err := n.Int64()
	must(err)
	return i
}

// An integer of up to 64 bits.
func wide(digits string) interface{} {
	if i, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return i
	}
	u, err := strconv.ParseUint(digits, 10, 64)
	must(err)
	return u
}

func sendable(v interface{}) interface{} {
	switch v := v.(type) {
	case json.Number:
		return number(v)
	case []interface{}:
		list := make(wamp.List, len(v))
		for i := range v {
			list[i] = sendable(v[i])
		}
		return list
	case map[string]interface{}:
		dict := wamp.Dict{}
		for key := range v {
			dict[key] = sendable(v[key])
		}
		return dict
	}
	return v
}

// plain makes text of a value, the same for the same, whatever types the decoders chose.
func plain(v interface{}) string {
	if list, ok := wamp.AsList(v); ok {
		all := make([]string, len(list))
		for i := range list {
			all[i] = plain(list[i])
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	if dict, ok := wamp.AsDict(v); ok {
		var all []string
		for key := range dict {
			all = append(all, fmt.Sprintf("%q:%s", key, plain(dict[key])))
		}
		sort.Strings(all)
		return "{" + strings.Join(all, ",") + "}"
	}
	switch value := reflect.ValueOf(v); value.Kind() {
	case reflect.Float32, reflect.Float64:
		if f := value.Float(); f == float64(int64(f)) {
			return fmt.Sprint(int64(f))
		}
		return fmt.Sprint(v)
	case reflect.String:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(v)
}

func same(got, sent interface{}) {
	expect(plain(got) == plain(sent), "%.100s came back as %.100s", plain(sent), plain(got))
}

func echoes(c *caller, service peer, sent ...interface{}) {
	for _, value := range sent {
		same(c.call(service.name+"_echo", value), value)
	}
}

func echoesAll(c *caller, service peer, list []interface{}) {
	for _, value := range list {
		echoes(c, service, sendable(value))
	}
}

// --- the checks ----------------------------------------------------------------------------------------------------------

func text(c *caller, service peer) {
	for _, value := range values.Text {
		echoes(c, service, value)
	}
}

func numbers(c *caller, service peer) { echoesAll(c, service, values.Numbers) }

func integers(c *caller, service peer) {
	for _, digits := range values.Integers {
		got := fmt.Sprint(c.call(service.name+"_echo", wide(digits)))
		expect(got == digits, "%s came back as %s", digits, got)
	}
}

func nested(c *caller, service peer) { echoesAll(c, service, values.Nested) }

func binary(c *caller, service peer) {
	for _, digits := range append(values.Binary, strings.Repeat("00ff", 10000)) {
		octets, err := hex.DecodeString(digits)
		must(err)
		got := c.call(service.name+"_echo", serialize.BinaryData(octets))
		if text, ok := got.(string); ok { // a serializer that has no type for octets keeps the convention for JSON
			var data serialize.BinaryData
			quoted, err := json.Marshal(text)
			must(err)
			must(data.UnmarshalJSON(quoted))
			got = []byte(data)
		}
		expect(fmt.Sprintf("%x", got) == digits, "%.50s came back as %.50x", digits, got)
	}
}

func everySize(c *caller, service peer) { // spec: W-11
	for _, size := range values.Sizes {
		if size <= c.largest && size <= service.largest {
			begun := time.Now()
			echoes(c, service, strings.Repeat("x", size))
			expect(time.Since(begun) < 5*time.Second, "%d octets took %v", size, time.Since(begun))
		}
	}
}

func anError(c *caller, service peer) {
	_, err := c.ask(service.name+"_fail", 7)
	var failure client.RPCError
	expect(errors.As(err, &failure), "not an error of the callee: %v", err)
	expect(string(failure.Err.Error) == service.failure, "%s", failure.Err.Error)
	if service.failure == "com.example.broken" {
		same(failure.Err.Arguments, wamp.List{"broken"})
	} else { // wampy names its errors after the procedure and has a message of its own
		same(failure.Err.ArgumentsKw["message"], "broken")
	}
}

func progress(c *caller, service peer) {
	got := wamp.List{}
	ctx, cancel := patient()
	defer cancel()
	result, err := c.Call(ctx, service.name+"_count", nil, wamp.List{3}, nil,
		func(part *wamp.Result) { got = append(got, part.Arguments[0]) })
	must(err)
	same(append(got, result.Arguments[0]), wamp.List{0, 1, 2, 3})
}

func anEventToIt(c *caller, service peer) {
	topic := "to_" + service.name + "_from_" + c.name
	events := make(chan *wamp.Event, 2)
	must(c.SubscribeChan(topic, events, nil))
	for _, value := range []interface{}{"first", wamp.Dict{"second": wamp.List{2}}} {
		_, err := c.ask(service.name+"_publish", topic, value)
		must(err)
		select {
		case event := <-events:
			same(event.ArgumentsKw, wamp.Dict{"message": value})
		case <-time.After(patience):
			panic("no event")
		}
	}
}

func anEventFromIt(c *caller, service peer) {
	message := "from " + c.name
	must(c.Publish(service.name+"_topic", wamp.Dict{"acknowledge": true}, nil, wamp.Dict{"message": message}))
	for begun := time.Now(); c.call(service.name+"_heard") != message; {
		expect(time.Since(begun) < 5*time.Second, "the service heard nothing")
	}
}

// What both the caller and the service must be able to do, and the check.
var checks = []struct {
	need, name string
	run        func(*caller, peer)
}{
	{"", "text", text}, {"", "numbers", numbers},
	{"integers", "integers beyond 2^53", integers}, {"", "nested", nested},
	{"binary", "binary", binary}, {"", "every size", everySize}, {"", "an error", anError}, {"progress", "progress", progress},
	{"", "an event to it", anEventToIt}, {"", "an event from it", anEventFromIt},
}

func (r *report) checkService(c *caller, service peer) {
	for _, each := range checks {
		if c.can[each.need] && service.can[each.need] {
			run := each.run
			r.check(fmt.Sprintf("%s -> %s: %s", c.name, service.name, each.name), func() { run(c, service) })
		}
	}
}
