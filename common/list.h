/* Intrusive doubly linked list. A zeroed node is in no list; removing it again does nothing.
 *
 *     struct list subs;                       the head
 *     list_add_tail(&s->subs, &sub->by_session);
 *     for (struct list *n = list_first(&s->subs); n; n = list_next(&s->subs, n))
 *         struct subscriber *m = list_entry(n, struct subscriber, by_session);
 */
#ifndef WAMP_COMMON_LIST_H
#define WAMP_COMMON_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

#define list_entry(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_is_empty(const struct list *head)
{
    return !head->next || head->next == head;
}

static inline bool list_is_linked(const struct list *node)
{
    return node->next != NULL;
}

static inline void list_insert_before(struct list *at, struct list *node)
{
    node->prev = at->prev;
    node->next = at;
    at->prev->next = node;
    at->prev = node;
}

static inline void list_add_tail(struct list *head, struct list *node)
{
    if (!head->next)
        list_init(head);
    list_insert_before(head, node);
}

static inline void list_remove(struct list *node)
{
    if (!node->next)
        return;
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = NULL;
}

static inline struct list *list_first(const struct list *head)
{
    return list_is_empty(head) ? NULL : head->next;
}

static inline struct list *list_next(const struct list *head, const struct list *node)
{
    return node->next == head ? NULL : node->next;
}

#endif
