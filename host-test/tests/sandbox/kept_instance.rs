//! An instance that is kept for several calls: its budget for attempts after the first.

use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use crate::support::artifacts;

#[allow(clippy::pedantic)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit",
        inline: "
            package connectors:keeper;
            world keeper {
                export connectors:aws-sqs/sender@0.1.0;
            }
        ",
        exports: { default: async },
    });
}

use bindings::exports::connectors::aws_sqs::sender::{
    Credentials, Message, Queue, Retries, SendError, Timeouts,
};

type Sent = (
    Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

/// A network in which every server is in trouble.
#[derive(Default)]
struct Trouble {
    requests: usize,
}

impl WasiHttpHooks for Trouble {
    fn send_request(
        &mut self,
        _: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        self.requests += 1;
        Box::new(async {
            let body = Empty::new().map_err(|never| match never {});
            let response = Response::builder()
                .status(500)
                .body(body.boxed_unsync())
                .unwrap();
            let done: Box<dyn Future<Output = Result<(), Error>> + Send> =
                Box::new(async { Ok(()) });
            Ok((response, done))
        })
    }
}

#[derive(Default)]
struct Sandbox {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    network: Trouble,
}

impl WasiView for Sandbox {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Sandbox {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.network,
        }
    }
}

#[tokio::test]
async fn a_kept_instance_spends_its_budget_and_then_tries_once() {
    let engine = Engine::default();
    let component = Component::from_binary(&engine, artifacts::connector()).unwrap();
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(&mut linker).unwrap();
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).unwrap();
    let mut store = Store::new(&engine, Sandbox::default());
    let keeper = bindings::Keeper::instantiate_async(&mut store, &component, &linker)
        .await
        .unwrap();

    let queue = Queue {
        url: "https://sqs.eu-west-1.amazonaws.com/123456789012/orders".into(),
        region: None,
        endpoint: None,
    };
    let credentials = Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: "secret".into(),
        session_token: None,
    };
    let message = Message {
        body: "x".into(),
        attributes: Vec::new(),
        message_group_id: None,
        message_deduplication_id: None,
        delay_seconds: None,
        aws_trace_header: None,
    };
    let timeouts = Timeouts {
        first_byte_ms: None,
        between_bytes_ms: None,
        total_ms: None,
    };
    let retries = Retries {
        max_attempts: None,
        accept_duplicates: false,
    };
    let mut requests = Vec::new();
    for _ in 0..20 {
        let before = store.data().network.requests;
        let sent = keeper
            .connectors_aws_sqs_sender()
            .call_send_message(
                &mut store,
                &queue,
                &credentials,
                &message,
                timeouts,
                retries,
            )
            .await
            .unwrap();
        assert!(matches!(sent, Err(SendError::Unavailable(_))), "{sent:?}");
        requests.push(store.data().network.requests - before);
    }
    // Of 500 tokens, an attempt costs 14: 35 of them, 2 for each call.
    assert_eq!(requests, [vec![3; 17], vec![2, 1, 1]].concat());
}
