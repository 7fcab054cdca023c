// autobahn for JavaScript over HTTP long-poll. It takes a browser's XMLHttpRequest, which Node has not.
"use strict";

globalThis.XMLHttpRequest = require("xmlhttprequest-ssl");
process.env.TRANSPORT = "longpoll";
require("./autobahn_client.js");
