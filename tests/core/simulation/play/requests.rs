//! Requests in flight: their faults, their arrival, and what the service does that nobody waits for.

use super::*;

impl Player<'_> {
    pub(super) fn send(
        &mut self,
        ticket: Ticket,
        acts: bool,
        method: &'static str,
        target: String,
    ) -> Result<(), String> {
        self.sent += 1;
        self.asked_here += 1;
        self.acting += u32::from(acts);
        if self.scenario.max_requests.is_some_and(|most| self.asked_here > most) {
            return Err("maxRequests overdrawn".into());
        }
        let spent = self.local() - self.began;
        if !self.coverage.jumped && self.scenario.time_budget.is_some_and(|most| spent >= most) {
            return Err("a request after the time budget".into());
        }
        if let Some(id) = ids_of(&target).find(|id| acts && self.acknowledged.contains(*id)) {
            return Err(format!("{id} was acknowledged, and is sent again"));
        }
        let waited = self.limited_since.map_or(0, |since| self.now - since);
        if waited > NO_PROGRESS_MAX && !self.coverage.jumped {
            return Err(format!("429s for {waited} ms, and no end"));
        }
        let fault = self.fault(acts);
        if acts && !fault.is_told() {
            self.clean = false;
            self.coverage.lost = true;
            self.coverage.late |= matches!(fault, Fault::Late(_));
        }
        if std::env::var_os("SEED").is_some() {
            println!("{} {ticket} {fault:?} {method} {target}", self.now);
        }
        let hash = target
            .bytes()
            .fold(7u64, |hash, byte| hash.wrapping_mul(131).wrapping_add(u64::from(byte)));
        self.trace = self.trace.wrapping_mul(31).wrapping_add(hash ^ self.now as u64);
        // Half of the time the service is quick, and it may be slower than with the next one.
        let latency = self.random.pick(&[1, 5, 40, 300]) + self.random.below(20) as i64;
        let work_at = self.now + self.random.below(latency as u64 + 1) as i64;
        let response_at = self.now + latency;
        let arrival = None;
        self.flights.push(Flight {
            ticket,
            acts,
            method,
            target,
            fault,
            work_at,
            response_at,
            arrival,
        });
        if self.flights.len() > self.scenario.concurrency {
            return Err("more in flight than concurrency allows".into());
        }
        Ok(())
    }

    /// What befalls the request that is sent now.
    fn fault(&mut self, acts: bool) -> Fault {
        if let Some((_, ms)) = self.scenario.outage.filter(|(at, _)| *at == self.sent) {
            self.outage_until = self.now + ms;
            self.coverage.lost_together |= !self.flights.is_empty();
            // What is in flight is lost with it; some of it was done by then.
            for flight in &mut self.flights {
                if flight.acts {
                    self.clean = false;
                    self.coverage.lost = true;
                }
                flight.response_at = self.now;
                match &mut flight.arrival {
                    Some(arrival) => *arrival = Arrival::Lost(Loss::Timeout),
                    None => {
                        flight.fault = Fault::LostBefore;
                        flight.work_at = self.now;
                    }
                }
            }
            return Fault::LostBefore;
        }
        if self.now < self.outage_until {
            return self.random.pick(&[Fault::NotSent, Fault::LostBefore, Fault::ErrorBefore]);
        }
        if let Some((_, ms)) = self.scenario.limited.filter(|(at, _)| *at == self.sent) {
            self.limited_until = self.now + ms;
        }
        if self.now < self.limited_until {
            return Fault::LimitedFor(30);
        }
        self.scenario.fault(self.random, self.sent, acts.then_some(self.acting))
    }

    /// Lets time pass until something happens, at most until the drive wants to be asked again.
    pub(super) fn wait(&mut self, until: Option<i64>) -> Result<(), String> {
        let moment = |flight: &Flight| match flight.arrival {
            None => flight.work_at,
            Some(_) => flight.response_at,
        };
        let flown = self.flights.iter().map(moment).min();
        let asked = until.map(|until| until - self.ahead);
        if asked.is_some_and(|at| at - self.now > LONGEST_WAIT) {
            return Err(format!("a wait until {asked:?} at {}", self.now));
        }
        let next = flown.into_iter().chain(asked).min().ok_or("waits for nothing")?;
        self.now = self.now.max(next);
        self.work();
        Ok(())
    }

    /// The service does what is due by now.
    pub(super) fn work(&mut self) {
        loop {
            let orphan = (0..self.orphans.len()).min_by_key(|index| self.orphans[*index].at);
            let flight = (0..self.flights.len())
                .filter(|index| self.flights[*index].arrival.is_none())
                .min_by_key(|index| self.flights[*index].work_at);
            let orphan_at = orphan.map_or(i64::MAX, |index| self.orphans[index].at);
            let flight_at = flight.map_or(i64::MAX, |index| self.flights[index].work_at);
            if orphan_at.min(flight_at) > self.now {
                return;
            }
            if let (Some(index), true) = (orphan, orphan_at <= flight_at) {
                let Orphan { at, method, target } = self.orphans.swap_remove(index);
                self.service.work(method, &target, at);
            } else if let Some(index) = flight {
                let flight = &mut self.flights[index];
                let (method, fault) = (flight.method, flight.fault);
                flight.arrival = Some(self.service.serve(method, &flight.target, fault, flight_at));
                if let Fault::Late(ms) = fault {
                    let at = flight.response_at + ms;
                    self.orphans.push(Orphan { at, method, target: flight.target.clone() });
                }
            }
        }
    }

    /// The responses that have arrived by now.
    pub(super) fn respond(&mut self, drive: &mut Drive) {
        let (now, local) = (self.now, self.local());
        let arrived = |flight: &Flight| flight.arrival.is_some() && flight.response_at <= now;
        while let Some(index) = self.flights.iter().position(arrived) {
            let flight = self.flights.swap_remove(index);
            match &flight.arrival {
                Some(Arrival::Response { status: 429, .. }) => {
                    self.limited_since.get_or_insert(now);
                }
                Some(Arrival::Response { status, payload, .. }) if *status < 500 => {
                    self.limited_since = None;
                    let ids: Vec<&str> = ids_of(&flight.target).collect();
                    if flight.acts && *status == 200 && taken(payload) >= Some(ids.len()) {
                        self.acknowledged.extend(ids.into_iter().map(String::from));
                    }
                }
                _ => {}
            }
            match flight.arrival.expect("an arrival") {
                Arrival::Lost(loss) => {
                    let lost: Outcome<crate::json::InMemory> = Outcome::Lost(loss);
                    drive.handle_response(flight.ticket, &lost, local);
                }
                Arrival::Response { status, headers, payload } => {
                    let outcome =
                        Outcome::Response { status, headers: &headers, payload, length: 0 };
                    drive.handle_response(flight.ticket, &outcome, local);
                }
            }
        }
    }
}
