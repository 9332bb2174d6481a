/* What is called wrongly is told, and nothing is done. No engine is needed to see that. */
#include <fulmar.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int holds, int line, const char *what)
{
    if (!holds) {
        fprintf(stderr, "line %d: %s\n", line, what);
        exit(1);
    }
}
#define CHECK(what) check(what, __LINE__, #what)

static void nothing_is_attached(void)
{
    const fulmar_callbacks callbacks = {.on_start = NULL};
    const fulmar_options options = {.abi_version = FULMAR_ABI_VERSION, .name = "nobody", .socket = "/nowhere/bus.sock"};
    fulmar_error error;

    CHECK(fulmar_attach(&options, &callbacks, NULL, &error) == NULL);
    CHECK(error.result == FULMAR_RESULT_UNREACHABLE);
    CHECK(strstr(error.text, "/nowhere/bus.token does not exist") != NULL);
    CHECK(fulmar_attach(&options, &callbacks, NULL, NULL) == NULL);

    CHECK(fulmar_attach(NULL, &callbacks, NULL, &error) == NULL && error.result == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_attach(&options, NULL, NULL, &error) == NULL && error.result == FULMAR_RESULT_ARGUMENT);

    fulmar_options other = options;
    other.abi_version = FULMAR_ABI_VERSION + 1;
    CHECK(fulmar_attach(&other, &callbacks, NULL, &error) == NULL && error.result == FULMAR_RESULT_ABI);
    CHECK(strstr(error.text, "fulmar.h") != NULL);
    other = options;
    other.wait = 9;
    CHECK(fulmar_attach(&other, &callbacks, NULL, &error) == NULL && error.result == FULMAR_RESULT_ARGUMENT);
    other = options;
    other.name = "\xff";
    CHECK(fulmar_attach(&other, &callbacks, NULL, &error) == NULL && error.result == FULMAR_RESULT_ARGUMENT);
    other.name = NULL;
    CHECK(fulmar_attach(&other, &callbacks, NULL, &error) == NULL && strstr(error.text, "FULMAR_STRATEGY") != NULL);
}

static void null_is_refused(void)
{
    fulmar_error error;
    CHECK(fulmar_run(NULL, &error) == FULMAR_RESULT_ARGUMENT && error.result == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_turn(NULL, NULL) == FULMAR_RESULT_ARGUMENT);
    fulmar_stop(NULL);
    CHECK(fulmar_detach(NULL) == FULMAR_RESULT_OK);
    CHECK(fulmar_session_context(NULL) == NULL);

    const fulmar_order_id id = {.counter = 1};
    const fulmar_terms terms = {.quantity = 1};
    const fulmar_new_order order = fulmar_limit_order(FULMAR_SIDE_BUY, 1, 1);
    CHECK(fulmar_now(NULL) == 0 && fulmar_sync(NULL, 0) == 0 && fulmar_position_quantity(NULL, 0) == 0);
    CHECK(fulmar_instruments(NULL, NULL, 8) == 0 && fulmar_open_orders(NULL, 0, NULL, 8) == 0);
    CHECK(fulmar_levels(NULL, 0, FULMAR_SIDE_BUY, NULL, 8) == 0 && fulmar_open_order_count(NULL, 0) == 0);
    CHECK(fulmar_cancel_all(NULL, 0) == 0);
    CHECK(fulmar_instrument(NULL, "a:b", NULL) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_instrument_definition(NULL, 0, NULL) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_top(NULL, 0, NULL) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_submit(NULL, 0, &order, NULL) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_submit_alternatives(NULL, 0, NULL, 2, NULL) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_submit_bracket(NULL, 0, NULL, 2, NULL) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_cancel(NULL, id) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_modify(NULL, id, &terms) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_set_timer(NULL, 1, 1) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_find_order(NULL, id, NULL) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_quantity(NULL, 0, "1", NULL) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_price(NULL, 0, "1", NULL) == FULMAR_RESULT_ARGUMENT);
}

static void numbers_are_read_and_written_without_a_float(void)
{
    char text[FULMAR_TEXT_BYTES];
    int64_t number = 7;
    CHECK(fulmar_format(6183763, 2, text, sizeof text) == FULMAR_RESULT_OK && strcmp(text, "61837.63") == 0);
    CHECK(fulmar_format(INT64_MIN, 18, text, sizeof text) == FULMAR_RESULT_OK);
    CHECK(fulmar_format(6183763, 2, text, 8) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_format(1, 200, text, sizeof text) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_format(1, 0, NULL, sizeof text) == FULMAR_RESULT_ARGUMENT);
    const fulmar_wide lowest = {.low = 0, .high = UINT64_C(1) << 63};
    CHECK(fulmar_format_wide(lowest, 36, text, sizeof text) == FULMAR_RESULT_OK && text[0] == '-');
    CHECK(fulmar_parse("-61837.63", 2, &number) == FULMAR_RESULT_OK && number == -6183763);
    CHECK(fulmar_parse("61837.635", 2, &number) == FULMAR_RESULT_ARGUMENT && number == -6183763);
    CHECK(fulmar_parse("1e3", 2, &number) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_parse(NULL, 2, &number) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_parse("1", 2, NULL) == FULMAR_RESULT_OK);
    CHECK(fulmar_parse("1", 200, &number) == FULMAR_RESULT_ARGUMENT);
    const fulmar_order_id id = {.epoch = 1, .strategy_id = 2, .counter = 3};
    CHECK(fulmar_order_id_text(id, text, sizeof text) == FULMAR_RESULT_OK);
    CHECK(strcmp(text, "F000000010002000000000003") == 0);
}

static void a_parameter_is_what_the_environment_says(void)
{
    char text[8];
    CHECK(fulmar_parameter("size", text, sizeof text) == FULMAR_RESULT_UNKNOWN);
    setenv("FULMAR_PARAMETERS", "{\"size\": \"0.01\", \"long\": \"12345678\"}", 1);
    CHECK(fulmar_parameter("size", text, sizeof text) == FULMAR_RESULT_OK && strcmp(text, "0.01") == 0);
    CHECK(fulmar_parameter("long", text, sizeof text) == FULMAR_RESULT_ARGUMENT);
    CHECK(fulmar_parameter("other", text, sizeof text) == FULMAR_RESULT_UNKNOWN);
    CHECK(fulmar_parameter(NULL, text, sizeof text) == FULMAR_RESULT_ARGUMENT);
    setenv("FULMAR_PARAMETERS", "[]", 1);
    CHECK(fulmar_parameter("size", text, sizeof text) == FULMAR_RESULT_ARGUMENT);
}

int main(void)
{
    CHECK(fulmar_abi_version() == FULMAR_ABI_VERSION);
    nothing_is_attached();
    null_is_refused();
    numbers_are_read_and_written_without_a_float();
    a_parameter_is_what_the_environment_says();
    for (int result = -20; result < 20; result++) {
        CHECK(strlen(fulmar_result_text(result)) > 0);
    }
    return 0;
}
