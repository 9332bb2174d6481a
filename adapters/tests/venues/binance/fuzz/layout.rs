//! Which frames the fast decoders must take: those in the venue's layout, and no others.

use fulmar_adapters::binance::Product;

/// The layouts of the messages that are decoded fast. `#` stands for a whole number, `~` for a decimal, `@` for a name,
/// `?` for a flag, `%` for a list of levels.
const SPOT: [&str; 4] = [
    r#"{"e":"depthUpdate","E":#,"s":"@","U":#,"u":#,"b":%,"a":%}"#,
    r#"{"e":"trade","E":#,"s":"@","t":#,"p":"~","q":"~","T":#,"m":?,"M":?}"#,
    r#"{"e":"aggTrade","E":#,"s":"@","a":#,"p":"~","q":"~","f":#,"l":#,"T":#,"m":?,"M":?}"#,
    r#"{"u":#,"s":"@","b":"~","B":"~","a":"~","A":"~"}"#,
];
const USD_MARGINED: [&str; 4] = [
    r#"{"e":"depthUpdate","E":#,"T":#,"s":"@","U":#,"u":#,"pu":#,"b":%,"a":%}"#,
    r#"{"e":"trade","E":#,"T":#,"s":"@","t":#,"p":"~","q":"~","X":"MARKET","m":?}"#,
    r#"{"e":"aggTrade","E":#,"a":#,"s":"@","p":"~","q":"~","f":#,"l":#,"T":#,"m":?}"#,
    r#"{"e":"bookTicker","u":#,"s":"@","b":"~","B":"~","a":"~","A":"~","T":#,"E":#}"#,
];

const COIN_MARGINED: [&str; 4] = [
    r#"{"e":"depthUpdate","E":#,"T":#,"s":"@","ps":"@","U":#,"u":#,"pu":#,"b":%,"a":%}"#,
    USD_MARGINED[1],
    USD_MARGINED[2],
    r#"{"e":"bookTicker","u":#,"s":"@","ps":"@","b":"~","B":"~","a":"~","A":"~","T":#,"E":#}"#,
];

/// THE RULE about the fast decoders. They take what the reference takes, where it stands byte for byte in one of the
/// layouts, alone or in `{"stream":NAME,"data":...}`, no whole number has more than 18 digits, and a point stands
/// between digits. Everything else that the reference takes (white space, another order, new fields, escapes, longer
/// numbers, `5.`) they leave to it.
pub fn is_taken_fast(product: Product, frame: &[u8]) -> bool {
    let layouts = match product {
        Product::Spot => SPOT,
        Product::UsdMargined => USD_MARGINED,
        Product::CoinMargined => COIN_MARGINED,
    };
    let fits = |layout: &str| rest_after(layout, frame).is_some_and(<[u8]>::is_empty);
    layouts.iter().any(|layout| fits(layout) || fits(&format!(r#"{{"stream":"@","data":{layout}}}"#)))
}

/// What follows the part of `text` that fits `layout`.
fn rest_after<'a>(layout: &str, text: &'a [u8]) -> Option<&'a [u8]> {
    layout.bytes().try_fold(text, |text, sign| match sign {
        b'#' => {
            let (number, rest) = digits(text);
            let is_json = !number.is_empty() && (number[0] != b'0' || number.len() == 1);
            (is_json && number.len() <= 18).then_some(rest)
        }
        b'~' => decimal(text),
        b'@' => {
            let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_@.!-/".contains(byte);
            Some(&text[text.iter().position(|byte| !is_of_name(byte)).unwrap_or(text.len())..])
        }
        b'?' => text.strip_prefix(b"true").or(text.strip_prefix(b"false")),
        b'%' => levels(text),
        _ => text.strip_prefix(&[sign]),
    })
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

fn decimal(text: &[u8]) -> Option<&[u8]> {
    let (whole, rest) = digits(text);
    let rest = match rest.strip_prefix(b".").map(digits) {
        Some((fraction, rest)) => (!fraction.is_empty()).then_some(rest)?,
        None => rest,
    };
    (!whole.is_empty()).then_some(rest)
}

fn levels(text: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = text.strip_prefix(b"[]") {
        return Some(rest);
    }
    let mut rest = text.strip_prefix(b"[")?;
    loop {
        rest = rest_after(r#"["~","~"]"#, rest)?;
        match rest.strip_prefix(b",") {
            Some(more) => rest = more,
            None => return rest.strip_prefix(b"]"),
        }
    }
}
