//! `order.cancelReplace`: a cancel and a new order in one request, of which each can fail alone.

use fulmar_bus::record::UnixNanos;

use super::request::{ApiError, Params, param};
use super::venue::Venue;

/// What stands in the parameters of the cancel, and what `order.cancel` calls it.
const RENAMED: [(&str, &str); 3] = [
    ("cancelOrderId", "orderId"),
    ("cancelOrigClientOrderId", "origClientOrderId"),
    ("cancelNewClientOrderId", "newClientOrderId"),
];

impl Venue {
    /// Cancels an order and places another one; where the cancel fails, only if the mode is `ALLOW_FAILURE`.
    pub(super) fn cancel_replace(
        &mut self,
        account: usize,
        params: &Params,
        now: UnixNanos,
    ) -> Result<String, ApiError> {
        let goes_on = match param(params, "cancelReplaceMode") {
            Some("STOP_ON_FAILURE") => false,
            Some("ALLOW_FAILURE") => true,
            _ => return Err(ApiError::missing("cancelReplaceMode")),
        };
        let mut cancel = Params::new();
        cancel.extend(params.get("symbol").map(|symbol| ("symbol".to_owned(), symbol.clone())));
        for (name, inner) in RENAMED {
            cancel.extend(params.get(name).map(|value| (inner.to_owned(), value.clone())));
        }
        let canceled = self.cancel(account, &cancel, now);
        let placed = (canceled.is_ok() || goes_on).then(|| self.place(account, params, now));

        let is_done = (canceled.is_ok(), placed.as_ref().is_some_and(Result::is_ok));
        let response = |result: Result<String, ApiError>| result.unwrap_or_else(|error| error.body());
        let result = |is_ok| if is_ok { "SUCCESS" } else { "FAILURE" };
        let data = format!(
            r#"{{"cancelResult":"{}","newOrderResult":"{}","cancelResponse":{},"newOrderResponse":{}}}"#,
            result(is_done.0),
            placed.as_ref().map_or("NOT_ATTEMPTED", |placed| result(placed.is_ok())),
            response(canceled),
            placed.map_or("null".to_owned(), response),
        );
        let failed = |status, code, words: &'static str| {
            Err(ApiError { data: Some(data.clone()), ..ApiError::new(status, code, words) })
        };
        match is_done {
            (true, true) => Ok(data),
            (false, false) => failed(400, -2022, "Order cancel-replace failed."),
            _ => failed(409, -2021, "Order cancel-replace partially failed."),
        }
    }
}
