//! The one question the office's pages ask, and the seam behind which the server answers it.

use super::PageData;
use leptos::{prelude::*, server_fn::codec::Json};

/// What the server gives each request in its context: the pages, as the one who asks may see them.
#[async_trait::async_trait]
pub trait OfficeBackend: Send + Sync {
    /// The page at an address of this site, `/office/sales?cursor=…`. An address that leads nowhere, or to another
    /// tenant's, is the page that says so; `None` means that the server can't answer at the moment.
    async fn open(&self, url: &str) -> Option<PageData>;
}

/// # Errors
/// When the server is away. Why, it keeps to itself.
#[server(prefix = "/api/office", endpoint = "page", input = Json)]
pub async fn open_page(url: String) -> Result<PageData, ServerFnError> {
    let away = || ServerFnError::new("The server can’t answer at the moment.");
    let backend = use_context::<std::sync::Arc<dyn OfficeBackend>>().ok_or_else(away)?;
    backend.open(&url).await.ok_or_else(away)
}
