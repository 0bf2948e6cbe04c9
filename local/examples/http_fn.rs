//! A function on `lambda_http` for the tests: it tells what it sees of a request.

use lambda_http::http::Response;
use lambda_http::{Body, Error, Request, RequestExt, run, service_fn};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(answer)).await
}

async fn answer(request: Request) -> Result<Response<Body>, Error> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let seen = json!({
        "method": request.method().as_str(),
        "path": request.raw_http_path(),
        "query": request.uri().query(),
        "source": request.path_parameters().first("source"),
        "signature": header("x-signature"),
        "cookie": header("cookie"),
        "body": request.body().as_ref(),
    });
    let response = Response::builder()
        .status(202)
        .header("content-type", "application/json")
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2")
        .body(Body::from(seen.to_string()))?;
    Ok(response)
}
