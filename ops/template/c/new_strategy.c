/*
 * The strategy new_strategy: it buys when the best ask has fallen far enough below the highest bid that it saw, and
 * sells what it bought after as large a rise.
 *
 * Change it until it is yours. What it decides may depend on its own memory and on what it is told alone: no clock, no
 * thread, no random numbers, and no float for a price or a quantity.
 */
#include <fulmar.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* What the strategy remembers between two calls. It trades one instrument. */
struct strategy {
    char quantity[FULMAR_TEXT_BYTES];
    int64_t swing_ticks;
    /* The highest bid while it holds nothing, the lowest ask while it holds something; zero where neither is known. */
    int64_t turn;
};

/* The best bid or ask changed. What is submitted here meets the risk gate; what the gate refuses comes back as
 * on_order_denied. */
static void on_quote(void *user, fulmar_context *context, const fulmar_event *event, const fulmar_quote *quote)
{
    struct strategy *strategy = user;
    uint32_t instrument = event->instrument_id;
    fulmar_definition definition;
    int64_t size;
    if (fulmar_instrument_definition(context, instrument, &definition) != FULMAR_RESULT_OK
        || fulmar_quantity(context, instrument, strategy->quantity, &size) != FULMAR_RESULT_OK
        || quote->bid.quantity == 0 || quote->ask.quantity == 0
        || fulmar_open_order_count(context, instrument) > 0) {
        return;
    }
    int64_t bid = quote->bid.price, ask = quote->ask.price;
    int64_t held = fulmar_position_quantity(context, instrument);
    int64_t swing;
    fulmar_new_order order;
    if (held > 0) {
        strategy->turn = strategy->turn == 0 || ask < strategy->turn ? ask : strategy->turn;
        swing = bid - strategy->turn;
        order = fulmar_limit_order(FULMAR_SIDE_SELL, bid, held);
    } else {
        strategy->turn = bid > strategy->turn ? bid : strategy->turn;
        swing = strategy->turn - ask;
        order = fulmar_limit_order(FULMAR_SIDE_BUY, ask, size);
    }
    int64_t tick = definition.tick > 0 ? definition.tick : 1;
    if (swing >= strategy->swing_ticks * tick) {
        /* What of it does not trade at once is canceled by the venue. */
        order.time_in_force = FULMAR_TIME_IN_FORCE_IOC;
        fulmar_submit(context, instrument, &order, NULL);
        /* The next swing is measured from here, whatever becomes of this order. */
        strategy->turn = 0;
    }
}

/* Some or all of an order of its own traded. */
static void on_order_filled(
    void *user, fulmar_context *context, const fulmar_event *event, const fulmar_report *report)
{
    fulmar_definition definition;
    char quantity[FULMAR_TEXT_BYTES], price[FULMAR_TEXT_BYTES];
    (void)user;
    if (fulmar_instrument_definition(context, event->instrument_id, &definition) == FULMAR_RESULT_OK) {
        fulmar_format(report->last_qty, definition.quantity_scale, quantity, sizeof quantity);
        fulmar_format(report->last_px, definition.price_scale, price, sizeof price);
        printf("%s %s at %s\n", report->side == FULMAR_SIDE_BUY ? "bought" : "sold", quantity, price);
        fflush(stdout);
    }
}

static fulmar_session *session;

static void stop(int signal_number)
{
    (void)signal_number;
    fulmar_stop(session);
}

int main(void)
{
    struct strategy strategy = {.quantity = "0.01", .swing_ticks = 2};
    char swing[FULMAR_TEXT_BYTES] = "2";
    /* What `fulmar strategy run --set NAME=VALUE` says; what nobody states stays as it is. */
    fulmar_parameter("quantity", strategy.quantity, sizeof strategy.quantity);
    fulmar_parameter("swing_ticks", swing, sizeof swing);
    strategy.swing_ticks = strtol(swing, NULL, 10);

    /* Name and socket come from the environment, which `fulmar strategy run` fills. */
    const fulmar_options options = {.abi_version = FULMAR_ABI_VERSION};
    const fulmar_callbacks callbacks = {.on_quote = on_quote, .on_order_filled = on_order_filled};
    fulmar_error error;
    session = fulmar_attach(&options, &callbacks, &strategy, &error);
    if (session == NULL) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    fulmar_result end = fulmar_run(session, &error);
    fprintf(stderr, "%s\n", error.text);
    /* A late signal finds no session that is being freed. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    fulmar_detach(session);
    return end < 0 ? 1 : end == FULMAR_RESULT_ENGINE_GONE ? 4 : 0;
}
