//! What happens to a request on its way.

/// What happens to a request on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    None,
    /// The connection breaks before the service sees the request.
    LostBefore,
    /// No connection came about: nothing was sent.
    NotSent,
    /// The service does it, and the response is lost.
    LostAfter,
    TimedOutAfter,
    /// The client has given up, and the service does it so much later.
    Late(i64),
    /// 429 that names the burst limit and its reset.
    Limited,
    /// 429 that names nothing.
    LimitedPlain,
    /// 429 with so many seconds to wait.
    LimitedFor(u32),
    ErrorBefore,
    ErrorAfter,
    HtmlAfter,
    CutOff,
}

impl Fault {
    /// Whether the client learns what became of it.
    pub fn is_told(self) -> bool {
        matches!(
            self,
            Fault::None
                | Fault::Limited
                | Fault::LimitedPlain
                | Fault::LimitedFor(_)
                | Fault::NotSent
        )
    }

    /// Whether the service does what it is asked for, while the client waits.
    pub fn is_done(self) -> bool {
        !matches!(
            self,
            Fault::LostBefore
                | Fault::Limited
                | Fault::LimitedPlain
                | Fault::LimitedFor(_)
                | Fault::ErrorBefore
                | Fault::NotSent
                | Fault::Late(_)
        )
    }
}
