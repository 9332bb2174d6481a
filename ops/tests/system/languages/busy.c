/* Calls in a callback what only its owner may call between turns, and from another thread what only the callback may. */
#include <fulmar.h>

#include <stdio.h>
#include <threads.h>

static fulmar_session *session;

/* From another thread, while a callback runs. */
static int elsewhere(void *context)
{
    const fulmar_new_order order = fulmar_limit_order(FULMAR_SIDE_BUY, 1, 1);
    fulmar_order_id id = {.counter = 1};
    return fulmar_submit(context, 0, &order, NULL) == FULMAR_RESULT_BUSY && fulmar_now(context) == 0
        && fulmar_cancel(context, id) == FULMAR_RESULT_BUSY && fulmar_turn(session, NULL) == FULMAR_RESULT_BUSY
        && fulmar_detach(session) == FULMAR_RESULT_BUSY;
}

static int is_refused(fulmar_context *context, uint32_t instrument_id, const fulmar_quote *quote)
{
    fulmar_definition definition;
    fulmar_new_order order = fulmar_market_order(FULMAR_SIDE_BUY, 1000);
    fulmar_order_id id;
    thrd_t thread;
    int is_refused_elsewhere = 0;
    order.price = 1; /* A market order has no price. */
    if (fulmar_submit(context, instrument_id, &order, &id) != FULMAR_RESULT_ARGUMENT) {
        return 0;
    }
    order = fulmar_limit_order(7, quote->bid.price, 1000);
    if (fulmar_submit(context, instrument_id, &order, &id) != FULMAR_RESULT_ARGUMENT) {
        return 0;
    }
    order = fulmar_limit_order(FULMAR_SIDE_BUY, quote->bid.price, 0);
    if (fulmar_submit(context, instrument_id, &order, &id) != FULMAR_RESULT_QUANTITY
        || fulmar_submit(context, 900, &order, &id) != FULMAR_RESULT_NOT_TRADED
        || fulmar_instrument_definition(context, UINT32_MAX, &definition) != FULMAR_RESULT_NOT_TRADED
        || fulmar_run(session, NULL) != FULMAR_RESULT_BUSY || fulmar_detach(session) != FULMAR_RESULT_BUSY) {
        return 0;
    }
    thrd_create(&thread, elsewhere, context);
    thrd_join(thread, &is_refused_elsewhere);
    return is_refused_elsewhere;
}

static void on_quote(void *user, fulmar_context *context, const fulmar_event *event, const fulmar_quote *quote)
{
    (void)user;
    puts(is_refused(context, event->instrument_id, quote) ? "refused" : "taken");
    fulmar_stop(session);
}

static void on_stop(void *user, fulmar_context *context)
{
    (void)user, (void)context;
    puts("stopped");
}

int main(void)
{
    const fulmar_options options = {.abi_version = FULMAR_ABI_VERSION, .wait = FULMAR_WAIT_YIELD};
    const fulmar_callbacks callbacks = {.on_quote = on_quote, .on_stop = on_stop};
    fulmar_error error;
    session = fulmar_attach(&options, &callbacks, NULL, &error);
    if (session == NULL) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    /* Between two turns the context is the caller's. */
    fulmar_context *context = fulmar_session_context(session);
    while (fulmar_turn(session, &error) == FULMAR_RESULT_OK) {
        if (fulmar_set_timer(context, 1, fulmar_now(context)) != FULMAR_RESULT_OK) {
            puts("busy");
        }
    }
    return fulmar_turn(session, &error) == FULMAR_RESULT_STOPPED && fulmar_detach(session) == FULMAR_RESULT_OK ? 0 : 1;
}
