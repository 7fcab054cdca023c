/* Progressive calls that ended before their last chunk: finished early, failed, refused, canceled. What still arrives
 * for them cannot be told from a new call by the id alone, so it is remembered for a while. spec: R-02, A-PCI-12 */
#ifndef REALMS_ENDED_H
#define REALMS_ENDED_H

#include "realms/session.h"

/* The call was made by s. */
void ended_add(struct session *s, uint64_t request, uint64_t procedure_hash);

/* Whether m is a late chunk of such a call; the last chunk makes it forgotten. */
bool ended_takes(struct session *s, const struct wamp_msg *m, uint64_t procedure_hash);

/* The same without forgetting anything. */
bool ended_knows(const struct session *s, uint64_t request, uint64_t procedure_hash);

void ended_free(struct session *s);  /* all of s */

#endif
