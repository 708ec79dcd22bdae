//! Where a request comes from: which address, over https or not, and from whose page.

use crate::{auth::session, error::Error};
use axum::{
    extract::{ConnectInfo, FromRequestParts, Request},
    http::{HeaderMap, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

/// Who is at the other end. A proxy's word is taken only where the proxy runs on this machine.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub address: IpAddr,
    /// Whether the browser's own connection is https.
    pub secure: bool,
}

impl Origin {
    pub fn of(peer: Option<SocketAddr>, headers: &HeaderMap) -> Self {
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
        if !peer.is_loopback() {
            return Self { address: peer, secure: false };
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        // The last address is the one the nearest proxy saw; those before it are anybody's claim.
        let forwarded = header("x-forwarded-for").and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
        let secure = header("x-forwarded-proto").is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"));
        Self { address: forwarded.unwrap_or(peer), secure }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
        Ok(Self::of(peer, &parts.headers))
    }
}

/// Refuses a request that would change something with a cookie that another site's page made the browser send.
pub async fn refuse_cross_site(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    if changes && session::carried(headers) && from_another_site(headers) {
        return Error::forbidden("cross_site", "This came from another site's page, so it was not done.")
            .into_response();
    }
    next.run(request).await
}

/// By `Sec-Fetch-Site`, which every browser of today sends and no page can forge; else by `Origin`. What sends neither
/// is no browser.
fn from_another_site(headers: &HeaderMap) -> bool {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header(header::HeaderName::from_static("sec-fetch-site")) {
        return !matches!(site, "same-origin" | "none");
    }
    match (header(header::ORIGIN), header(header::HOST)) {
        (Some(origin), Some(host)) => origin.split_once("://").is_none_or(|(_, authority)| authority != host),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn another_sites_page_is_told_from_ones_own() {
        for (pairs, other) in [
            (&[("sec-fetch-site", "same-origin")][..], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://shop.test"), ("host", "shop.test")], true),
            (&[("origin", "https://shop.test"), ("host", "shop.test")], false),
            (&[("origin", "https://evil.test"), ("host", "shop.test")], true),
            (&[("origin", "null"), ("host", "shop.test")], true),
            (&[("host", "shop.test")], false),
        ] {
            assert_eq!(from_another_site(&headers(pairs)), other, "{pairs:?}");
        }
    }

    #[test]
    fn a_proxy_is_believed_on_this_machine_only() {
        let told = headers(&[("x-forwarded-for", "198.51.100.1, 203.0.113.9"), ("x-forwarded-proto", "https")]);
        let near = Origin::of(Some("127.0.0.1:9".parse().unwrap()), &told);
        assert_eq!((near.address.to_string().as_str(), near.secure), ("203.0.113.9", true));
        let far = Origin::of(Some("192.0.2.1:9".parse().unwrap()), &told);
        assert_eq!((far.address.to_string().as_str(), far.secure), ("192.0.2.1", false));
    }
}
