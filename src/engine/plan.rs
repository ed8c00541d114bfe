//! What a drive is to do, read from the caller's arguments, and the rules between its parts.

use super::known::Known;
use super::{Plan, DEFAULT_CONCURRENCY};
use crate::params::{
    ClientOptions, DriveOptions, Issue, Issues, Overrides, Place, Selection, Strategy,
};
use crate::value::Value;
use crate::wire::call::argument;
use crate::wire::Operation;
use alloc::vec::Vec;

impl Plan {
    /// Reads `[selection, overrides, drive]`, or `[selection, drive]` for what takes no overrides.
    pub fn read(
        operation: Operation,
        args: &[Value],
        client: &ClientOptions,
    ) -> Result<Self, Vec<Issue>> {
        let mut issues = Issues::new();
        let overridable = matches!(operation, Operation::Resume | Operation::Restart);
        let drive = &Place::root("drive", argument(args, if overridable { 2 } else { 1 }));
        let first = &Place::root("selection", argument(args, 0));
        // A checkpoint brings its own selection and overrides.
        let resumed = !drive.field("checkpoint").is_undefined();
        let selection = if resumed && first.is_undefined() {
            Some(Selection::All)
        } else {
            Selection::read(&mut issues, first)
        };
        let overrides = if overridable {
            Overrides::read(&mut issues, &Place::root("overrides", argument(args, 1)))
        } else {
            Overrides::default()
        };
        let options = DriveOptions::read(&mut issues, drive);
        if let Some(selection) = &selection {
            options.check(&mut issues, drive, selection, operation.renews());
        }
        let plan =
            selection.map(|selection| Plan::new(operation, selection, overrides, options, client));
        issues.into_result(plan)
    }

    /// Reads the drive options of one that goes on from a checkpoint, whose text is `args[0]`.
    pub fn read_continued(args: &[Value], client: &ClientOptions) -> Result<Self, Vec<Issue>> {
        let mut issues = Issues::new();
        let first = &Place::root("checkpoint", argument(args, 0));
        if first.is_undefined() {
            issues.add_hidden(first, "required").expected =
                Some("the checkpoint of an earlier drive");
        }
        let checkpoint = issues.string(first);
        let mut options = DriveOptions::read(&mut issues, &Place::root("drive", argument(args, 1)));
        options.checkpoint = checkpoint;
        let plan =
            Plan::new(Operation::Resume, Selection::All, Overrides::default(), options, client);
        issues.into_result(Some(plan))
    }

    fn new(
        operation: Operation,
        selection: Selection,
        overrides: Overrides,
        options: DriveOptions,
        client: &ClientOptions,
    ) -> Self {
        let mut selection = selection;
        if let Selection::Ids(ids) = &mut selection {
            let mut known = Known::default();
            ids.retain(|id| known.add(id));
        }
        Plan {
            operation,
            origin: client.base_url.clone(),
            selection,
            overrides,
            timeout: options.request.timeout.unwrap_or(client.timeout),
            options,
            retry: client.retry.clone(),
        }
    }

    /// The strategy: said, or the one that suits the selection.
    pub fn strategy(&self) -> Strategy {
        match (self.options.strategy, &self.selection) {
            (Some(strategy), _) => strategy,
            (None, Selection::Ids(_)) => Strategy::Batches,
            (None, _) if self.options.condition.is_some() => Strategy::Batches,
            (None, _) => Strategy::Pages,
        }
    }

    /// Entries a list at most.
    pub fn list_size(&self) -> u32 {
        self.options.page_size.min(LIST_MAX)
    }

    /// Requests in flight at most.
    pub fn concurrency(&self) -> u32 {
        self.options.concurrency.unwrap_or(match self.strategy() {
            Strategy::Pages => 1,
            _ => DEFAULT_CONCURRENCY,
        })
    }
}

/// The service's documented cap of a list; what it makes of a larger `count` is not known.
const LIST_MAX: u32 = 100;
