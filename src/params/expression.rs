//! Retry-delay expressions, such as `(1 + retried) * 1000`, in milliseconds. Refused is what can't
//! be right; an operator that is not known here is the service's to judge.

use super::issue::nearest;
use alloc::vec::Vec;

/// What is wrong with an expression, and where.
#[derive(Debug, PartialEq)]
pub struct Fault {
    /// In characters from 0.
    pub position: u32,
    /// The known name that is nearest to the unknown one that stands there.
    pub hint: Option<&'static str>,
}

/// Checks the names, the parentheses and that no operand is missing.
pub fn check(text: &str) -> Result<(), Fault> {
    let mut open = Vec::new();
    let mut previous = Token::Start;
    let mut chars = text.chars().enumerate().peekable();
    let mut end = 0;
    while let Some((at, c)) = chars.next() {
        end = at + 1;
        let fault = Fault { position: at as u32, hint: None };
        let token = match c {
            ' ' | '\t' => continue,
            '(' => {
                if matches!(previous, Token::Operand) {
                    return Err(fault);
                }
                open.push(at);
                Token::Open
            }
            ')' => {
                if !matches!(previous, Token::Operand) || open.pop().is_none() {
                    return Err(fault);
                }
                Token::Operand
            }
            ',' if !matches!(previous, Token::Operand) => return Err(fault),
            '0'..='9' | '.' => {
                while chars.next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '.').is_some() {
                    end += 1;
                }
                operand(previous, fault)?
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let start = end - 1;
                while chars.next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '_').is_some() {
                    end += 1;
                }
                let name: alloc::string::String =
                    text.chars().skip(start).take(end - start).collect();
                if name == VARIABLE {
                    operand(previous, fault)?
                } else if FUNCTIONS.contains(&name.as_str()) {
                    operand(previous, fault)?;
                    Token::Function
                } else {
                    return Err(Fault { hint: nearest(&name, NAMES), ..fault });
                }
            }
            c if c.is_control() || !c.is_ascii() => return Err(fault),
            _ => Token::Operator,
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

/// A number or name where one may stand.
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
