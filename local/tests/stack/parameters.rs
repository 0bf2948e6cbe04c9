//! Parameters that a stack was given, and what becomes of them.

use crate::support::{Folder, call, config, start};
use serde_json::json;

#[tokio::test]
async fn parameters_are_there_from_the_start_and_can_be_changed_until_the_stop() {
    let folder = Folder::new();
    let (mut config, _) = config(&folder);
    config.parameters = vec![("/a/b".to_owned(), "as configured".to_owned())];
    for _ in 0..2 {
        let stack = start(config.clone()).await;
        let value = async || {
            let input = json!({"Names": ["/a/b"], "WithDecryption": true});
            call(&stack.ssm_url(), "AmazonSSM.GetParameters", input).await["Parameters"][0]["Value"].clone()
        };
        assert_eq!(value().await, "as configured");
        let input = json!({"Name": "/a/b", "Value": "changed", "Overwrite": true});
        call(&stack.ssm_url(), "AmazonSSM.PutParameter", input).await;
        assert_eq!(value().await, "changed");
        stack.stop().await;
    }
}
