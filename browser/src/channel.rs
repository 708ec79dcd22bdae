//! What the tabs and the worker of one browser tell each other. A hint to read the database again, never the data of
//! a sale itself.

use keeptill_domain::Cart;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

const NAME: &str = "keeptill";

#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// An entry was added to the journal.
    Recorded,
    /// Entries were sent or refused.
    Sent,
    Catalogue,
    /// This browser was paired.
    Device,
    Cart(Cart),
}

pub struct Channel {
    channel: BroadcastChannel,
    heard: Option<Closure<dyn FnMut(MessageEvent)>>,
}

impl Channel {
    /// `None` where the browser has no such channel; then each tab learns of the others when it next looks.
    pub fn open() -> Option<Self> {
        Some(Self { channel: BroadcastChannel::new(NAME).ok()?, heard: None })
    }

    pub fn on_news(&mut self, listener: impl Fn(News) + 'static) {
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(news) = event.data().as_string().as_deref().and_then(parse) {
                listener(news);
            }
        });
        self.channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        self.heard = Some(heard);
    }

    pub fn tell(&self, news: &News) {
        let text = match news {
            News::Recorded => "recorded".into(),
            News::Sent => "sent".into(),
            News::Catalogue => "catalogue".into(),
            News::Device => "device".into(),
            News::Cart(cart) => format!("cart {}", serde_json::to_string(cart).unwrap_or_default()),
        };
        let _ = self.channel.post_message(&JsValue::from_str(&text));
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.close();
    }
}

fn parse(text: &str) -> Option<News> {
    Some(match text {
        "recorded" => News::Recorded,
        "sent" => News::Sent,
        "catalogue" => News::Catalogue,
        "device" => News::Device,
        _ => News::Cart(serde_json::from_str(text.strip_prefix("cart ")?).ok()?),
    })
}
