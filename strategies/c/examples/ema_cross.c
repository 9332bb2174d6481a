/*
 * Holds the side of the faster of two averages of closes of bars: long where it is above the slower one, short where it
 * is below. It trades at the market, once a bar at most, and never while an order of its own is open.
 *
 * It is the built-in `ema_cross` in C, wish for wish; a test holds the two to the same hash. Build it in the checkout:
 *
 *     cargo build --release -p fulmar-c
 *     cc -std=c11 -O2 -I strategies/c/include strategies/c/examples/ema_cross.c -o ema_cross \
 *         -L target/release -lfulmar_c -Wl,-rpath,"$PWD/target/release"
 *     fulmar strategy run ./ema_cross --name outside --set quantity=0.01 --set interval=1s
 */
#include <fulmar.h>

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSTRUMENTS_MAX = 64, FRACTION_BITS = 32 };

/* An exponential moving average: each sample moves it by 2 / (length + 1) of the difference. */
struct average {
    uint32_t length;
    uint32_t sample_count;
    __int128 value; /* a price with FRACTION_BITS more binary digits */
};

struct averages {
    uint32_t instrument_id;
    struct average fast;
    struct average slow;
};

struct strategy {
    char quantity[FULMAR_TEXT_BYTES];
    uint64_t interval_ns;
    uint32_t fast_bars;
    uint32_t slow_bars;
    uint32_t instrument_count;
    struct averages averages[INSTRUMENTS_MAX];
};

static void average_add(struct average *average, int64_t price)
{
    __int128 sample = (__int128)price * ((__int128)1 << FRACTION_BITS);
    if (average->sample_count == 0) {
        average->value = sample;
    } else {
        average->value += (sample - average->value) * 2 / ((__int128)average->length + 1);
    }
    if (average->sample_count < UINT32_MAX) {
        average->sample_count++;
    }
}

/* The side that the faster average is on; zero while they are equal, or too young. */
static uint8_t side_of(const struct averages *averages)
{
    if (averages->slow.sample_count < averages->slow.length || averages->fast.value == averages->slow.value) {
        return 0;
    }
    return averages->fast.value > averages->slow.value ? FULMAR_SIDE_BUY : FULMAR_SIDE_SELL;
}

/* Trades what is held into what is to be held, unless an order is still open. */
static void hold(const struct strategy *strategy, fulmar_context *context, uint32_t instrument_id, uint8_t side)
{
    int64_t size;
    if (fulmar_quantity(context, instrument_id, strategy->quantity, &size) != FULMAR_RESULT_OK
        || fulmar_open_order_count(context, instrument_id) > 0) {
        return;
    }
    int64_t wanted = side == FULMAR_SIDE_BUY ? size : -size;
    int64_t change = wanted - fulmar_position_quantity(context, instrument_id);
    if (change != 0) {
        uint8_t change_side = change > 0 ? FULMAR_SIDE_BUY : FULMAR_SIDE_SELL;
        fulmar_new_order order = fulmar_market_order(change_side, change > 0 ? change : -change);
        /* What is not submitted is tried again at the next bar. */
        fulmar_submit(context, instrument_id, &order, NULL);
    }
}

static void on_start(void *user, fulmar_context *context)
{
    struct strategy *strategy = user;
    uint32_t ids[INSTRUMENTS_MAX];
    uint32_t count = fulmar_instruments(context, ids, INSTRUMENTS_MAX);
    strategy->instrument_count = count < INSTRUMENTS_MAX ? count : INSTRUMENTS_MAX;
    for (uint32_t index = 0; index < strategy->instrument_count; index++) {
        strategy->averages[index] = (struct averages){
            .instrument_id = ids[index],
            .fast = {.length = strategy->fast_bars},
            .slow = {.length = strategy->slow_bars},
        };
    }
}

static void on_bar(void *user, fulmar_context *context, const fulmar_event *event, const fulmar_bar *bar)
{
    struct strategy *strategy = user;
    if (bar->interval != strategy->interval_ns) {
        return;
    }
    for (uint32_t index = 0; index < strategy->instrument_count; index++) {
        struct averages *averages = &strategy->averages[index];
        if (averages->instrument_id != event->instrument_id) {
            continue;
        }
        average_add(&averages->fast, bar->close);
        average_add(&averages->slow, bar->close);
        uint8_t side = side_of(averages);
        if (side != 0) {
            hold(strategy, context, event->instrument_id, side);
        }
    }
}

/* A parameter, or what holds where nobody states it. */
static void parameter(const char *name, const char *otherwise, char *text, size_t bytes)
{
    fulmar_result result = fulmar_parameter(name, text, bytes);
    if (result == FULMAR_RESULT_UNKNOWN && otherwise != NULL) {
        snprintf(text, bytes, "%s", otherwise);
    } else if (result != FULMAR_RESULT_OK) {
        fprintf(stderr, "the parameter %s is missing, or wrong: --set %s=...\n", name, name);
        exit(2);
    }
}

static uint32_t count_parameter(const char *name, const char *otherwise)
{
    char text[FULMAR_TEXT_BYTES];
    parameter(name, otherwise, text, sizeof text);
    return (uint32_t)strtoul(text, NULL, 10);
}

/* "1s", "5m", "1h" in nanoseconds. */
static uint64_t interval_parameter(const char *name, const char *otherwise)
{
    char text[FULMAR_TEXT_BYTES];
    char *unit;
    parameter(name, otherwise, text, sizeof text);
    uint64_t seconds = strtoul(text, &unit, 10);
    seconds *= strcmp(unit, "h") == 0 ? 3600 : strcmp(unit, "m") == 0 ? 60 : 1;
    return seconds * UINT64_C(1000000000);
}

static fulmar_session *session;

static void stop(int signal_number)
{
    (void)signal_number;
    fulmar_stop(session);
}

int main(void)
{
    static struct strategy strategy;
    parameter("quantity", NULL, strategy.quantity, sizeof strategy.quantity);
    strategy.interval_ns = interval_parameter("interval", "1m");
    strategy.fast_bars = count_parameter("fast_bars", "12");
    strategy.slow_bars = count_parameter("slow_bars", "26");

    const fulmar_options options = {.abi_version = FULMAR_ABI_VERSION};
    const fulmar_callbacks callbacks = {.on_start = on_start, .on_bar = on_bar};
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
