/* Bids far below the market, once, and says when the bid stands. */
#include <fulmar.h>

#include <stdbool.h>
#include <stdio.h>

static void on_quote(void *user, fulmar_context *context, const fulmar_event *event, const fulmar_quote *quote)
{
    bool *has_bid = user;
    fulmar_definition definition;
    int64_t quantity;
    if (*has_bid || quote->bid.quantity == 0
        || fulmar_instrument_definition(context, event->instrument_id, &definition) != FULMAR_RESULT_OK
        || fulmar_quantity(context, event->instrument_id, "0.01", &quantity) != FULMAR_RESULT_OK) {
        return;
    }
    int64_t price = quote->bid.price - 1000 * definition.tick;
    fulmar_new_order order = fulmar_limit_order(FULMAR_SIDE_BUY, price, quantity);
    order.post_only = 1;
    *has_bid = fulmar_submit(context, event->instrument_id, &order, NULL) == FULMAR_RESULT_OK;
}

static void on_order_accepted(
    void *user, fulmar_context *context, const fulmar_event *event, const fulmar_report *report)
{
    (void)user, (void)context, (void)event, (void)report;
    puts("accepted");
    fflush(stdout);
}

int main(void)
{
    bool has_bid = false;
    const fulmar_options options = {.abi_version = FULMAR_ABI_VERSION};
    const fulmar_callbacks callbacks = {.on_quote = on_quote, .on_order_accepted = on_order_accepted};
    fulmar_error error;
    fulmar_session *session = fulmar_attach(&options, &callbacks, &has_bid, &error);
    if (session == NULL) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    fulmar_run(session, &error);
    return fulmar_detach(session) == FULMAR_RESULT_OK ? 0 : 1;
}
