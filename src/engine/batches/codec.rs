//! Batches in a checkpoint.

use super::lookup::{Cause, Presence, SHORT_ROUNDS};
use super::suspects::Suspects;
use super::{Batch, Batches, FRUITLESS_MAX};
use crate::engine::checkpoint::{OwedIds, Reader, Writer};
use crate::engine::context::Context;
use crate::engine::seen::Seen;
use crate::id::DlqId;
use alloc::vec::Vec;

impl Batches {
    /// A writer with the ids that are not yet sent, the last first.
    pub fn owed(&self) -> Writer {
        let owed = self.owed.get_or_init(|| match self.source {
            None => OwedIds::new(&self.unsent),
            Some(_) => OwedIds::default(),
        });
        owed.writer(&self.unsent)
    }

    /// Writes the rest of the state as if the responses in flight were lost.
    pub fn write(&self, in_flight: &[&Batch], cx: &Context, out: &mut Writer) {
        out.flag(self.source.is_some());
        if let Some(source) = &self.source {
            source.write(out);
        }
        out.maybe(self.size.learned());
        out.maybe(self.refused_first.map(u64::from));
        // Requests that act may have been carried out and are looked up; requests that read are sent again.
        let (checks, due) =
            if cx.plan.operation.acts() { (in_flight, &[][..]) } else { (&[][..], in_flight) };
        out.number((self.requeued.len() + due.len()) as u64);
        self.requeued.iter().for_each(|batch| batch.write(out));
        due.iter().for_each(|batch| batch.write(out));
        out.number((self.checks.len() + checks.len()) as u64);
        for check in &self.checks {
            check.batch.write(out);
            check.cause.write(out);
            // A look-up in flight is written as not sent, since its response is lost.
            for look_up in &check.look_ups {
                out.number((look_up.presence as u64).saturating_sub(1));
            }
        }
        for batch in checks {
            batch.write(out);
            Cause::Lost.write(out);
            batch.ids.iter().for_each(|_| out.number(0));
        }
        out.number(self.suspects.len() as u64);
        for suspects in &self.suspects {
            out.text(suspects.witness.as_str());
            out.ids(&suspects.ids);
        }
        self.seen.write(out);
    }

    /// Reads the state; `unsent`: the ids that are not yet sent.
    pub fn read(input: &mut Reader, unsent: Vec<DlqId>, cx: &Context) -> Self {
        let mut batches = Batches::new(cx);
        let listed = input.flag();
        input.refuse(listed != batches.source.is_some());
        if let Some(source) = &mut batches.source {
            source.read(input);
        }
        batches.size.restore(input.maybe());
        // A caller who continues from the checkpoint has seen the errors.
        batches.refused_first = input.maybe().map(|_| 0);
        batches.unsent = unsent.into();
        for _ in 0..input.length() {
            batches.requeued.push(Batch::read(input));
        }
        for _ in 0..input.length() {
            let batch = Batch::read(input);
            let cause = Cause::read(input);
            if let Cause::Short { runs, rounds } = cause {
                input.refuse(runs as usize > batch.ids.len() || rounds > SHORT_ROUNDS);
            }
            let check = batches.look_up(batch, cause);
            for look_up in &mut check.look_ups {
                look_up.presence =
                    input.pick(&[Presence::Unasked, Presence::There, Presence::Gone]);
            }
            // The last look-up resolves a check, so a valid one has an open look-up.
            let asked = check.look_ups.iter().all(|look_up| look_up.presence != Presence::Unasked);
            input.refuse(asked);
        }
        for _ in 0..input.length() {
            batches.suspects.push(Suspects { witness: input.text().into(), ids: input.ids() });
        }
        batches.seen = Seen::read(input);
        let open = batches.requeued.iter().chain(batches.checks.iter().map(|check| &check.batch));
        let open = open.flat_map(|batch| &batch.ids);
        // A suspect whose witness is not open would never be resolved.
        input.refuse(batches.suspects.iter().any(|s| !open.clone().any(|id| *id == s.witness)));
        if batches.source.is_some() {
            for id in open {
                batches.seen.add(id);
            }
            for id in &batches.unsent {
                batches.seen.add(id);
            }
        }
        batches
    }
}

impl Batch {
    fn write(&self, out: &mut Writer) {
        out.ids(&self.ids);
        out.flag(self.uncertain);
        out.number(u64::from(self.ineffective));
    }

    fn read(input: &mut Reader) -> Self {
        let ids = input.ids();
        input.refuse(ids.is_empty());
        let uncertain = input.flag();
        let ineffective = input.number().min(u64::from(FRUITLESS_MAX)) as u32;
        Batch { ids, uncertain, ineffective, ..Batch::default() }
    }
}

impl Cause {
    fn write(self, out: &mut Writer) {
        match self {
            Cause::Lost => out.number(0),
            Cause::Missing => out.number(1),
            Cause::Short { runs, rounds } => {
                out.number(2);
                out.number(u64::from(runs));
                out.number(u64::from(rounds));
            }
        }
    }

    fn read(input: &mut Reader) -> Self {
        match input.pick(&[0, 1, 2]) {
            0 => Cause::Lost,
            1 => Cause::Missing,
            _ => Cause::Short { runs: input.small(), rounds: input.small() },
        }
    }
}
