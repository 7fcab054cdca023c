package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/gammazero/nexus/v3/client"
	"github.com/gammazero/nexus/v3/wamp"
	"github.com/gammazero/nexus/v3/wamp/crsign"
)

// Logs in, and says as whom: see ../logins/run.py.
func login(url, method, authid, secret string) {
	answers := map[string]client.AuthFunc{
		"ticket": func(*wamp.Challenge) (string, wamp.Dict) { return secret, wamp.Dict{} },
		"wampcra": func(c *wamp.Challenge) (string, wamp.Dict) {
			return crsign.RespondChallenge(secret, c, nil), wamp.Dict{}
		},
	}
	session, err := client.ConnectNet(context.Background(), url, client.Config{
		Realm:           "realm1",
		ResponseTimeout: patience,
		HelloDetails:    wamp.Dict{"authid": authid},
		AuthHandlers:    map[string]client.AuthFunc{method: answers[method]},
	})
	if err != nil && strings.Contains(err.Error(), "credentials") { // it tells the message of an ABORT alone
		fmt.Println("refused", "wamp.error.authentication_denied")
		return
	}
	must(err)
	details := session.RealmDetails()
	fmt.Println(details["authid"], details["authrole"])
}
