//! A request that nobody signed: it is refused, whatever it holds, and nothing of it is repeated.

use webhook::answer::Outcome;
use webhook::diagnose::explain;
use webhook::secret::Secrets;
use webhook::verify;

use super::posted::Posted;
use super::sample::secrets;

/// What stands in every value that must not be repeated.
const MARK: &str = "Hush7Hush";

/// Checks one request, as it is and with marked values.
pub fn holds(input: &[u8]) {
    let mut posted = Posted::read(input);
    refused(&posted);
    posted.headers.iter_mut().for_each(|(_, value)| value.push_str(MARK));
    posted.body.extend_from_slice(MARK.as_bytes());
    posted.url.push_str("?q=");
    posted.url.push_str(MARK);
    let said = refused(&posted);
    // A fuzzer learns the mark, and puts it where names are, or the path: those are told.
    let learnt = String::from_utf8_lossy(input).contains(MARK);
    assert!(learnt || !said.contains(MARK), "{}: a value of the request is repeated: {said}", posted.provider.name);
}

/// All that the log and the developer are told of it.
fn refused(posted: &Posted) -> String {
    let (scheme, request) = (&posted.provider.scheme, posted.request());
    let ours = secrets(posted.provider);
    let rejection = match verify(scheme, &ours, &request, posted.now_ms) {
        Ok(_) => panic!("{} let in what nobody signed", posted.provider.name),
        Err(rejection) => rejection,
    };
    assert!(matches!(Outcome::of(&rejection).status(), 401 | 403), "{rejection}");
    let theirs = Secrets::parse(&scheme.key.decode.encode(&[7; 65]), &scheme.key).ok();
    let others = theirs.iter().map(|secrets| ("theirs", secrets));
    let hint = explain(scheme, &ours, &request, &rejection, others);
    format!("{rejection} {rejection:?} {hint:?} {request:?} {ours:?}")
}
