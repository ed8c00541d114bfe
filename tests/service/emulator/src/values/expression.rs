//! The retry-delay expression: milliseconds as a function of `retried`.

/// The value of `text` with `retried` filled in, or what is wrong with it.
pub fn evaluate(text: &str, retried: u32) -> Result<f64, String> {
    let mut parser = Parser { rest: text.trim(), retried: f64::from(retried), depth: 0 };
    let value = parser.sum()?;
    if !parser.rest.is_empty() {
        return Err(format!("unexpected `{}`", parser.rest));
    }
    if value.is_finite() {
        Ok(value)
    } else {
        Err("not a finite number".into())
    }
}

struct Parser<'a> {
    rest: &'a str,
    retried: f64,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn eat(&mut self, token: char) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: char) -> Result<(), String> {
        if self.eat(token) {
            Ok(())
        } else {
            Err(format!("expected `{token}` before `{}`", self.rest))
        }
    }

    fn take_while(&mut self, keep: fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word
    }

    fn sum(&mut self) -> Result<f64, String> {
        let mut value = self.product()?;
        loop {
            if self.eat('+') {
                value += self.product()?;
            } else if self.eat('-') {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut value = self.unary()?;
        loop {
            if self.eat('*') {
                value *= self.unary()?;
            } else if self.eat('/') {
                value /= self.unary()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn unary(&mut self) -> Result<f64, String> {
        self.depth += 1;
        if self.depth > 100 {
            return Err("nested too deeply".into());
        }
        let value = if self.eat('-') { -self.unary()? } else { self.atom()? };
        self.depth -= 1;
        Ok(value)
    }

    fn atom(&mut self) -> Result<f64, String> {
        if self.eat('(') {
            let value = self.sum()?;
            self.expect(')')?;
            return Ok(value);
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let number = self.take_while(|c| c.is_ascii_digit() || c == '.');
            return number.parse().map_err(|_| format!("`{number}` is not a number"));
        }
        let name = self.take_while(|c| c.is_ascii_alphabetic());
        match name {
            "" => Err(format!("expected a value before `{}`", self.rest)),
            "retried" => Ok(self.retried),
            _ => self.call(name),
        }
    }

    fn call(&mut self, name: &str) -> Result<f64, String> {
        let arity = match name {
            "exp" | "sqrt" | "abs" | "floor" | "ceil" | "round" => 1,
            "pow" | "min" | "max" => 2,
            _ => return Err(format!("unknown name `{name}`")),
        };
        self.expect('(')?;
        let first = self.sum()?;
        let second = if arity == 2 {
            self.expect(',')?;
            self.sum()?
        } else {
            0.0
        };
        self.expect(')')?;
        Ok(match name {
            "exp" => first.exp(),
            "sqrt" => first.sqrt(),
            "abs" => first.abs(),
            "floor" => first.floor(),
            "ceil" => first.ceil(),
            "round" => first.round(),
            "pow" => first.powf(second),
            "min" => first.min(second),
            _ => first.max(second),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (text, retried, want) in [
            ("1000", 0, 1000.0),
            ("(1 + retried) * 1000", 2, 3000.0),
            ("pow(2, retried) * 100", 3, 800.0),
            ("1000 * (1 + retried) / 4 - 1", 1, 499.0),
            ("max(100, min(retried*1000, 2500))", 9, 2500.0),
            ("floor(1.9) + ceil(1.1) + round(2.5) + abs(-4) + sqrt(9)", 0, 13.0),
            ("exp(0)", 0, 1.0),
            ("-(-5)", 0, 5.0),
        ] {
            assert_eq!(evaluate(text, retried), Ok(want), "{text}");
        }
    }

    #[test]
    fn refusals() {
        for text in
            ["", "1 +", "(1", "1)", "foo", "pow(2)", "exp(1, 2)", "1 2", "1/0", "a.b", "1..2"]
        {
            assert!(evaluate(text, 0).is_err(), "{text}");
        }
        assert!(evaluate(&"(".repeat(5000), 0).is_err());
    }
}
