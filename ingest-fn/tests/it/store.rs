//! A door whose secrets are parameters of a real SSM endpoint, and a clock that the test sets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ingest_fn::parameters::Parameters;
use ingest_fn::secrets::{SecretCache, Store};
use local::ssm::Ssm;
use shell::Settings;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use webhook::sources::SecretPlace;

use crate::world::{World, signed_with};

/// The interval of these tests.
pub(crate) const REFRESH_MS: u64 = 300_000;
/// How long a start waits for secrets.
const FILL: Duration = Duration::from_secs(5);

/// A door, its store, and the time.
pub(crate) struct Stored {
    pub(crate) world: World,
    pub(crate) ssm: Arc<Ssm>,
    now_ms: Arc<AtomicU64>,
    serving: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

/// Where the secrets of some sources are, in the words of sources.toml; all others have theirs in the environment.
pub(crate) type Places = BTreeMap<&'static str, Vec<&'static str>>;

impl Stored {
    /// A door that has started while these parameters were there.
    pub(crate) async fn start(places: Places, parameters: &[(&str, &str)]) -> Stored {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stored = Stored::at(&format!("http://{}", listener.local_addr().unwrap()), places).await;
        parameters.iter().for_each(|(name, value)| stored.ssm.put(name, value));
        stored.serve(listener);
        stored.world.door.secrets.fill(FILL).await;
        stored
    }

    /// A door whose store is at this endpoint, before it has fetched anything.
    pub(crate) async fn at(endpoint: &str, places: Places) -> Stored {
        let mut world = World::start().await;
        for source in &mut world.door.sources {
            if let Some(places) = places.get(&*source.name) {
                let place = |text: &&str| match text.split_once(':') {
                    Some(("ssm", name)) => SecretPlace::Ssm(name.to_owned()),
                    Some(("env", name)) => SecretPlace::Env(name.to_owned()),
                    _ => panic!("{text} is no place"),
                };
                source.secrets = places.iter().map(place).collect();
            }
        }
        let lookup = |name: &str| match name {
            "AWS_REGION" => Some("us-east-1".to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
            "AWS_ENDPOINT_URL_SSM" => Some(endpoint.to_owned()),
            _ => None,
        };
        let settings = Settings::new(&lookup);
        let now_ms = Arc::new(AtomicU64::new(1_795_262_400_000));
        let time = now_ms.clone();
        let store = Store {
            parameters: Parameters::new(&settings),
            refresh: Duration::from_millis(REFRESH_MS),
            clock: Box::new(move || time.load(Ordering::SeqCst)),
        };
        settings.finish().unwrap();
        world.door.secrets = SecretCache::new(&world.door.sources, &World::variable, "test", Some(store));
        Stored { world, ssm: Arc::default(), now_ms, serving: None }
    }

    /// The store answers from now on.
    pub(crate) fn serve(&mut self, listener: TcpListener) {
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = self.ssm.clone().serve(listener, async move { drop(stopped.await) });
        self.serving = Some((stop, tokio::spawn(async move { serve.await.unwrap() })));
    }

    /// The store is gone: nobody listens at its port.
    pub(crate) async fn stop_serving(&mut self) {
        let (stop, serving) = self.serving.take().unwrap();
        stop.send(()).unwrap();
        serving.await.unwrap();
    }

    /// Time passes.
    pub(crate) fn pass(&self, ms: u64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// The status that a delivery of this source gets which is signed with this secret.
    pub(crate) async fn deliver(&self, source: &str, secret: &str) -> u16 {
        self.world.door.answer(&signed_with(source, secret, b"{}", false).to_string()).await.status_code
    }
}
