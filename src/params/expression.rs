//! Retry-delay expressions, such as `(1 + retried) * 1000`, in milliseconds.
//!
//! The grammar is the service's. The check refuses what is certainly wrong; it accepts unknown operators, which
//! the service may support.

use super::spelling::nearest;
use alloc::vec::Vec;

/// A fault in an expression.
#[derive(Debug, PartialEq)]
pub struct Fault {
    /// Position in characters from 0.
    pub position: u32,
    /// If the fault is an unknown name: the most similar known one.
    pub hint: Option<&'static str>,
}

/// Checks names, parentheses and missing operands.
///
/// # Errors
///
/// The first fault.
///
/// ```
/// use upstash_workflow_dlq::params::expression::check;
///
/// assert_eq!(check("min(pow(2, retried) * 1000, 60000)"), Ok(()));
/// let fault = check("1000 * retries").unwrap_err();
/// assert_eq!((fault.position, fault.hint), (7, Some("retried")));
/// ```
pub fn check(text: &str) -> Result<(), Fault> {
    let mut open = Vec::new();
    let mut previous = Token::Start;
    let bytes = text.as_bytes();
    let mut end = 0;
    // The text before a fault is ASCII, so byte and character positions are equal.
    while let Some(byte) = bytes.get(end) {
        let at = end;
        end += 1;
        let fault = Fault { position: at as u32, hint: None };
        let token = match byte {
            b' ' | b'\t' => continue,
            b'(' => {
                if matches!(previous, Token::Operand) {
                    return Err(fault);
                }
                open.push(at);
                Token::Open
            }
            b')' => {
                if !matches!(previous, Token::Operand) || open.pop().is_none() {
                    return Err(fault);
                }
                Token::Operand
            }
            b',' if !matches!(previous, Token::Operand) => return Err(fault),
            b'0'..=b'9' | b'.' => {
                end = word_end(bytes, end, b'.');
                operand(previous, fault)?
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                end = word_end(bytes, end, b'_');
                let name = &text[at..end];
                if name == VARIABLE {
                    operand(previous, fault)?
                } else if FUNCTIONS.contains(&name) {
                    operand(previous, fault)?;
                    Token::Function
                } else {
                    return Err(Fault { hint: nearest(name, NAMES), ..fault });
                }
            }
            0x21..=0x7e => Token::Operator,
            _ => return Err(fault),
        };
        if matches!(previous, Token::Function) && !matches!(token, Token::Open) {
            return Err(Fault { position: at as u32, hint: None });
        }
        previous = token;
    }
    if let Some(at) = open.pop() {
        return Err(Fault { position: at as u32, hint: None });
    }
    match previous {
        Token::Operand => Ok(()),
        _ => Err(Fault { position: end as u32, hint: None }),
    }
}

/// The end of the letters, digits and `more` that start at `at`.
fn word_end(bytes: &[u8], at: usize, more: u8) -> usize {
    let rest = bytes[at..].iter();
    at + rest.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == more).count()
}

/// An operand, which may not directly follow another.
fn operand(previous: Token, fault: Fault) -> Result<Token, Fault> {
    match previous {
        Token::Operand => Err(fault),
        _ => Ok(Token::Operand),
    }
}

#[derive(Clone, Copy)]
enum Token {
    Start,
    Open,
    Operand,
    Operator,
    Function,
}

const VARIABLE: &str = "retried";
const FUNCTIONS: &[&str] = &["pow", "exp", "sqrt", "abs", "floor", "ceil", "round", "min", "max"];
const NAMES: &[&str] =
    &["retried", "pow", "exp", "sqrt", "abs", "floor", "ceil", "round", "min", "max"];
