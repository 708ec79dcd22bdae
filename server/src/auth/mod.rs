//! Who is asking: a person by session cookie, or a device by bearer token.
//!
//! Cookie and token begin with the tenant's id, so that the look-up itself already runs behind that tenant's wall.

pub mod caller;
pub mod login;
pub mod session;
pub mod slow_down;

pub use caller::{Caller, DeviceCaller, DeviceRow, ManagerCaller, PushCaller, User};
pub use login::router;
