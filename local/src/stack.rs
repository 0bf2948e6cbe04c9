//! A stack: everything started in order, and stopped in the reverse order.

use crate::check::check;
use crate::config::{FunctionSpec, MappingSpec, RouteSpec, StackConfig};
use crate::endpoints::{Endpoints, Listeners, adopt};
use crate::environment::environment;
use crate::error::StartError;
use crate::eventbridge::{BusEvent, EventBridge};
use crate::function::Function;
use crate::gateway::Gateway;
use crate::interference::interfere;
use crate::leftovers::end_leftovers;
use crate::mapping::Mapping;
use crate::process::Launch;
use crate::runtime_api::RuntimeApi;
use crate::s3::S3;
use crate::sqs::Sqs;
use crate::ssm::Ssm;
use crate::stage::Stage;
use crate::state_dir::StateDir;
use crate::{dynamodb, queues};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::time::timeout;

/// How long invocations under way may take once the stack stops.
const DRAIN: Duration = Duration::from_secs(5);
/// How long the rest may take: processes get TERM, a second, and KILL; servers close their connections.
const STOP: Duration = Duration::from_secs(3);

/// A running stack. Dropping it kills the processes; [`Stack::stop`] ends them in order.
pub struct Stack {
    endpoints: Endpoints,
    functions: Functions,
    /// What brings new work: the gateway and the mappings.
    intake: Stage,
    /// The supervisors and their processes.
    processes: Stage,
    /// What stands between the processes and the services; nothing without an interference.
    proxies: Stage,
    /// What the processes talk to.
    services: Stage,
    buses: Arc<EventBridge>,
    dynamodb: JoinHandle<()>,
    /// Held until everything else is gone.
    _state: StateDir,
}

/// The functions by name; `check` has seen to it that every name in the configuration is here.
type Functions = BTreeMap<String, Arc<Function>>;

impl Stack {
    /// Starts everything; the stack is up when every process has asked for its first invocation.
    ///
    /// # Errors
    /// The first thing that is wrong, in a sentence for the one who started it.
    pub async fn start(config: StackConfig) -> Result<Self, StartError> {
        check(&config)?;
        let state = StateDir::open(&config.state_dir)?;
        end_leftovers(&state.processes());
        let listeners = Listeners::bind(config.ports)?;
        let endpoints = listeners.endpoints()?;
        let (mut intake, mut processes) = (Stage::new(), Stage::new());
        let (mut proxies, mut services) = (Stage::new(), Stage::new());

        let database = dynamodb::open(&state.dynamodb_file(), &config.tables)?;
        let dynamodb = dynamodb::serve(database, listeners.dynamodb, services.signal())?;
        let sqs = Arc::new(queues::open(&state.sqs_file(), &config.queues)?);
        serve_sqs(sqs.clone(), listeners.sqs, &mut services)?;
        serve_ssm(&config.parameters, listeners.ssm, &mut services)?;
        serve_s3(&config, &state, listeners.s3, &mut services)?;
        let buses = Arc::new(EventBridge::new(config.log.clone()));
        serve_eventbridge(buses.clone(), listeners.eventbridge, &mut services)?;
        let listener = adopt("runtime", listeners.runtime)?;
        let (runtime_api, serve) = RuntimeApi::new(listener, endpoints.runtime, services.signal());
        services.spawn(serve);

        let seen_by_functions = match &config.interference {
            Some(interference) => interfere(interference, endpoints, &mut proxies)?,
            None => endpoints,
        };
        let mut functions = Functions::new();
        for spec in &config.functions {
            let function =
                start_function(spec, &config, &seen_by_functions, &state, &runtime_api, &mut processes).await?;
            functions.insert(spec.name.clone(), Arc::new(function));
        }
        serve_gateway(&config.routes, &functions, listeners.gateway, &endpoints, &mut intake)?;
        for spec in config.mappings {
            let MappingSpec { function, .. } = &spec;
            let function = functions[function].clone();
            let mapping = Mapping { spec, sqs: sqs.clone(), function, log: config.log.clone() };
            intake.spawn(mapping.run(intake.signal()));
        }
        Ok(Self { endpoints, functions, intake, processes, proxies, services, buses, dynamodb, _state: state })
    }

    /// Where requests arrive, such as `http://127.0.0.1:3000`.
    pub fn gateway_url(&self) -> String {
        self.endpoints.gateway_url()
    }

    /// The endpoint for SQS clients, past any interference.
    pub fn sqs_url(&self) -> String {
        self.endpoints.sqs_url()
    }

    /// The endpoint for DynamoDB clients, past any interference.
    pub fn dynamodb_url(&self) -> String {
        self.endpoints.dynamodb_url()
    }

    /// The endpoint for SSM clients. No interference stands before it.
    pub fn ssm_url(&self) -> String {
        self.endpoints.ssm_url()
    }

    /// The endpoint for S3 clients. No interference stands before it.
    pub fn s3_url(&self) -> String {
        self.endpoints.s3_url()
    }

    /// The endpoint for EventBridge clients; a GET shows what lies on the buses. No interference stands before it.
    pub fn eventbridge_url(&self) -> String {
        self.endpoints.eventbridge_url()
    }

    /// The last thousand events that were put on event buses, the oldest first.
    pub fn bus_events(&self) -> Vec<BusEvent> {
        self.buses.events()
    }

    /// The URL of a queue. It changes with the port; the queue is known by its name.
    pub fn queue_url(&self, name: &str) -> String {
        self.endpoints.queue_url(name)
    }

    /// The ids of a function's processes, for those that run now; none for an unknown function.
    pub fn process_ids(&self, function: &str) -> Vec<u32> {
        self.functions.get(function).map(|function| function.process_ids()).unwrap_or_default()
    }

    /// Stops in order: no new work, at most five seconds for what is under way, then the processes,
    /// the calls that an interference delayed, and the endpoints. Messages that were not handled wait
    /// in the state folder.
    pub async fn stop(self) {
        self.intake.stop(DRAIN).await;
        self.processes.stop(STOP).await;
        self.proxies.stop(STOP).await;
        self.services.stop(STOP).await;
        let joined = tokio::task::spawn_blocking(move || self.dynamodb.join());
        // The thread ends by itself within this time, whatever its clients do.
        let _ = timeout(STOP, joined).await;
    }
}

fn serve_sqs(sqs: Arc<Sqs>, listener: TcpListener, services: &mut Stage) -> Result<(), StartError> {
    let listener = adopt("sqs", listener)?;
    let signal = services.signal();
    services.spawn(async move {
        // It ends with an error only when its listener breaks, and then the clients say so.
        let _ = sqs.serve(listener, signal.requested()).await;
    });
    Ok(())
}

fn serve_ssm(parameters: &[(String, String)], listener: TcpListener, services: &mut Stage) -> Result<(), StartError> {
    let ssm = Arc::new(Ssm::default());
    for (name, value) in parameters {
        ssm.put(name, value);
    }
    let listener = adopt("ssm", listener)?;
    let signal = services.signal();
    services.spawn(async move {
        // As in `serve_sqs`.
        let _ = ssm.serve(listener, signal.requested()).await;
    });
    Ok(())
}

fn serve_s3(
    config: &StackConfig,
    state: &StateDir,
    listener: TcpListener,
    services: &mut Stage,
) -> Result<(), StartError> {
    let folder = state.s3_folder();
    let s3 = S3::open(&folder, config.buckets.iter().map(String::as_str));
    let s3 = s3.map_err(|error| StartError::State { path: folder, reason: error.to_string() })?;
    let listener = adopt("s3", listener)?;
    let signal = services.signal();
    services.spawn(async move {
        // As in `serve_sqs`.
        let _ = Arc::new(s3).serve(listener, signal.requested()).await;
    });
    Ok(())
}

fn serve_eventbridge(buses: Arc<EventBridge>, listener: TcpListener, services: &mut Stage) -> Result<(), StartError> {
    let listener = adopt("eventbridge", listener)?;
    let signal = services.signal();
    services.spawn(async move {
        // As in `serve_sqs`.
        let _ = buses.serve(listener, signal.requested()).await;
    });
    Ok(())
}

async fn start_function(
    spec: &FunctionSpec,
    config: &StackConfig,
    endpoints: &Endpoints,
    state: &StateDir,
    runtime_api: &RuntimeApi,
    processes: &mut Stage,
) -> Result<Function, StartError> {
    let launch = Launch {
        function: spec.name.clone(),
        binary: spec.binary.clone(),
        arguments: spec.arguments.clone(),
        env: environment(spec, endpoints),
        records: state.processes(),
        log: config.log.clone(),
    };
    let started = Function::start(launch, spec, runtime_api, processes).await;
    started.map_err(|reason| StartError::FunctionInit { function: spec.name.clone(), reason })
}

fn serve_gateway(
    routes: &[RouteSpec],
    functions: &Functions,
    listener: TcpListener,
    endpoints: &Endpoints,
    intake: &mut Stage,
) -> Result<(), StartError> {
    let mut gateway = Gateway::new(endpoints.gateway);
    for route in routes {
        gateway.route(route, functions[&route.function].clone());
    }
    let listener = adopt("gateway", listener)?;
    let signal = intake.signal();
    intake.spawn(gateway.serve(listener, signal));
    Ok(())
}
