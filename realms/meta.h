/* The meta API: procedures and events under wamp. that tell about sessions, registrations and subscriptions.
 *
 * Procedures are rows of meta.def. Their calls never make a struct call: the answer goes out before meta_on_call
 * returns; CALL.Options.timeout, receive_progress and disclose_me mean nothing to them. Events are published by
 * the router, so nobody is excluded as the publisher (T-14), and only to those whose pattern names the wamp. name
 * space. An event for nobody is not made: it costs one look into the index of topics.
 *
 * Two kinds of things are shown to nobody, by no procedure and no event: subscriptions under wamp., and procedures
 * that one session offers to another as callbacks, cb.<session id>.<random>, whose URI is all that protects them.
 * spec: A-SES, A-RMA, A-SMA, A-HIS, A-TST, R-17, R-19, R-20, S-07 */
#ifndef REALMS_META_H
#define REALMS_META_H

#include "realms/broker.h"
#include "realms/dealer.h"
#include "realms/session.h"

struct grant;

/* [CALL, Request|id, Options|dict, wamp.*] : a RESULT or ERROR for s, or another right has to be asked for first. */
void meta_on_call(struct session *s, const struct wamp_msg *m, const struct grant *grant);

/* Whether a subscription or registration is one that nobody is shown. spec: A-SMA-03, S-07 */
bool meta_hides_topic(struct str uri);
bool meta_hides_procedure(struct str uri);

/* [session id, id]: on_register, on_unregister, on_delete, on_subscribe, on_unsubscribe */
void meta_publish_pair(struct realm *r, struct str topic, uint64_t session, uint64_t id);

/* on_create when `created`, then on_subscribe or on_register. spec: A-RMA-01, A-SMA-01 */
void meta_on_subscribe(struct realm *r, struct session *s, const struct subscription *sub, bool created);
void meta_on_register(struct realm *r, struct session *s, const struct registration *reg, bool created);

/* Who s is, as wamp.session.get shows it: {"session", "authid", "authrole", "authmethod", "authprovider", "transport"} and
 * what was added. spec: A-SES-14 */
void meta_write_session(struct wamp_wr *w, struct session *s);

/* wamp.session.on_join [details] and on_leave [id, authid, authrole]; the session itself gets neither. */
void meta_on_join(struct session *s);
void meta_on_leave(struct session *s);

#endif
