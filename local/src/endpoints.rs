//! Where the stack listens, and the placeholders that stand for it in the functions' environments.

use crate::config::Ports;
use crate::error::StartError;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// The listeners of a stack, bound before anything else starts.
pub(crate) struct Listeners {
    pub(crate) gateway: TcpListener,
    pub(crate) sqs: TcpListener,
    pub(crate) dynamodb: TcpListener,
    pub(crate) ssm: TcpListener,
    pub(crate) s3: TcpListener,
    pub(crate) eventbridge: TcpListener,
    pub(crate) runtime: TcpListener,
}

impl Listeners {
    /// Takes every port, or says which one cannot be had.
    pub(crate) fn bind(ports: Ports) -> Result<Self, StartError> {
        Ok(Self {
            gateway: listen("gateway", ports.gateway)?,
            sqs: listen("sqs", ports.sqs)?,
            dynamodb: listen("dynamodb", ports.dynamodb)?,
            ssm: listen("ssm", ports.ssm)?,
            s3: listen("s3", ports.s3)?,
            eventbridge: listen("eventbridge", 0)?,
            runtime: listen("runtime", 0)?,
        })
    }

    /// The addresses that were taken.
    pub(crate) fn endpoints(&self) -> Result<Endpoints, StartError> {
        Ok(Endpoints {
            gateway: address("gateway", &self.gateway)?,
            sqs: address("sqs", &self.sqs)?,
            dynamodb: address("dynamodb", &self.dynamodb)?,
            ssm: address("ssm", &self.ssm)?,
            s3: address("s3", &self.s3)?,
            eventbridge: address("eventbridge", &self.eventbridge)?,
            runtime: address("runtime", &self.runtime)?,
        })
    }
}

/// Takes a port of loopback; 0 takes any free one.
pub(crate) fn listen(endpoint: &'static str, port: u16) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| {
        // Tokio takes over listeners that never block.
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    listener.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken { endpoint, port },
        _ => StartError::Listen { endpoint, port, source },
    })
}

/// The address that was taken.
pub(crate) fn address(endpoint: &'static str, listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::Listen { endpoint, port: 0, source })
}

/// Hands a listener over to the runtime.
pub(crate) fn adopt(endpoint: &'static str, listener: TcpListener) -> Result<tokio::net::TcpListener, StartError> {
    let port = address(endpoint, &listener)?.port();
    tokio::net::TcpListener::from_std(listener).map_err(|source| StartError::Listen { endpoint, port, source })
}

/// The addresses of a running stack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoints {
    pub(crate) gateway: SocketAddr,
    pub(crate) sqs: SocketAddr,
    pub(crate) dynamodb: SocketAddr,
    pub(crate) ssm: SocketAddr,
    pub(crate) s3: SocketAddr,
    pub(crate) eventbridge: SocketAddr,
    pub(crate) runtime: SocketAddr,
}

impl Endpoints {
    pub(crate) fn gateway_url(&self) -> String {
        format!("http://{}", self.gateway)
    }

    pub(crate) fn sqs_url(&self) -> String {
        format!("http://{}", self.sqs)
    }

    pub(crate) fn dynamodb_url(&self) -> String {
        format!("http://{}", self.dynamodb)
    }

    pub(crate) fn ssm_url(&self) -> String {
        format!("http://{}", self.ssm)
    }

    pub(crate) fn s3_url(&self) -> String {
        format!("http://{}", self.s3)
    }

    pub(crate) fn eventbridge_url(&self) -> String {
        format!("http://{}", self.eventbridge)
    }

    pub(crate) fn queue_url(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.sqs_url(), crate::ACCOUNT_ID)
    }

    /// Puts the addresses where a value has placeholders.
    pub(crate) fn fill(&self, value: &str) -> String {
        let value = value
            .replace("{gateway_url}", &self.gateway_url())
            .replace("{sqs_url}", &self.sqs_url())
            .replace("{dynamodb_url}", &self.dynamodb_url())
            .replace("{ssm_url}", &self.ssm_url())
            .replace("{s3_url}", &self.s3_url());
        queues_in(&value).into_iter().fold(value.clone(), |value, queue| {
            value.replace(&format!("{{queue_url:{queue}}}"), &self.queue_url(queue))
        })
    }
}

/// The queues that a value names in `{queue_url:NAME}`.
pub(crate) fn queues_in(value: &str) -> Vec<&str> {
    let after = value.split("{queue_url:").skip(1);
    after.filter_map(|rest| rest.split_once('}')).map(|(queue, _)| queue).collect()
}

#[cfg(test)]
mod tests {
    use super::{Endpoints, queues_in};

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let endpoints = Endpoints {
            gateway: "127.0.0.1:1".parse().unwrap(),
            sqs: "127.0.0.1:2".parse().unwrap(),
            dynamodb: "127.0.0.1:3".parse().unwrap(),
            ssm: "127.0.0.1:5".parse().unwrap(),
            s3: "127.0.0.1:6".parse().unwrap(),
            eventbridge: "127.0.0.1:7".parse().unwrap(),
            runtime: "127.0.0.1:4".parse().unwrap(),
        };
        assert_eq!(endpoints.fill(value), expected);
    }

    #[test]
    fn placeholders_become_addresses() {
        check("{gateway_url}/hooks", "http://127.0.0.1:1/hooks");
        check("{sqs_url} {dynamodb_url} {ssm_url}", "http://127.0.0.1:2 http://127.0.0.1:3 http://127.0.0.1:5");
        check("{s3_url}", "http://127.0.0.1:6");
        check(
            "{queue_url:a},{queue_url:b},{queue_url:a}",
            "http://127.0.0.1:2/000000000000/a,http://127.0.0.1:2/000000000000/b,\
             http://127.0.0.1:2/000000000000/a",
        );
    }

    #[test]
    fn other_braces_stay() {
        check(r#"{"a": {"b": "{source}"}}"#, r#"{"a": {"b": "{source}"}}"#);
        check("{queue_url:", "{queue_url:");
    }

    #[test]
    fn the_queues_of_a_value_are_found() {
        assert_eq!(queues_in("{queue_url:a} {sqs_url} {queue_url:b}"), ["a", "b"]);
    }
}
