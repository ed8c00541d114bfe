//! Checkpoints with a correct checksum whose content is wrong.

use super::*;

#[test]
fn a_form_that_says_more_or_less_than_it_should_is_damaged() {
    use upstash_workflow_dlq::engine::checkpoint::{Reader, Writer};
    let written = |write: &dyn Fn(&mut Writer)| {
        let mut writer = Writer::new();
        write(&mut writer);
        Reader::open(&writer.finish()).expect("a form")
    };
    let mut reader = written(&|writer| writer.number(1));
    assert_eq!(reader.finish().err(), Some(CheckpointError::Damaged));
    reader = written(&|writer| writer.number(1));
    assert_eq!((reader.number(), reader.check()), (1, Ok(())));
    assert_eq!((reader.number(), reader.check()), (0, Err(CheckpointError::Damaged)));
    assert_eq!(reader.finish(), Err(CheckpointError::Damaged));
    // A list of three takes three bytes at least.
    for items in [2, 3] {
        let mut reader = written(&|writer| {
            writer.number(3);
            (0..items + 1).for_each(|_| writer.flag(false));
        });
        assert_eq!((reader.length(), reader.check()), (3, Ok(())), "{items}");
    }
    let mut reader = written(&|writer| {
        writer.number(3);
        writer.flag(true);
        writer.flag(true);
    });
    assert_eq!((reader.length(), reader.check()), (0, Err(CheckpointError::Damaged)));
    let mut reader = written(&|writer| {
        writer.number(7);
        writer.number(2);
        writer.flag(true);
        writer.flag(true);
    });
    assert_eq!((reader.number(), reader.length(), reader.check()), (7, 2, Ok(())));
    // An id of five bytes, of which one is there.
    let mut reader = written(&|writer| [5 << 1, 7].iter().for_each(|n| writer.number(*n)));
    assert_eq!(
        (reader.ids(), reader.check()),
        (vec!["\x07".into()], Err(CheckpointError::Damaged))
    );
    // An empty id ends the list: without an id, an action would be on all entries.
    let mut reader = written(&|writer| [1 << 1, 7, 0, 0].iter().for_each(|n| writer.number(*n)));
    assert_eq!((reader.ids(), reader.ids(), reader.check()), (vec!["\x07".into()], vec![], Ok(())));
    let mut reader = written(&|writer| [1 << 1, 7].iter().for_each(|n| writer.number(*n)));
    reader.ids();
    assert_eq!(reader.check(), Err(CheckpointError::Damaged));
    // Sums of counts have room.
    for (number, check) in [(1 << 53, Ok(())), ((1 << 53) + 1, Err(CheckpointError::Damaged))] {
        let mut reader = written(&|writer| writer.number(number));
        assert_eq!((reader.count(), reader.check()), (1 << 53, check));
        let mut reader = written(&|writer| writer.maybe(Some(number)));
        assert_eq!((reader.maybe_timestamp(), reader.check()), (Some(timestamp(1 << 53)), check));
    }
    // A run's id of which 16 bytes of 18 are there, and nothing after it.
    let mut reader = written(&|writer| {
        writer.number(1);
        (0..2).for_each(|_| writer.hash(0));
    });
    reader.run_id();
    assert_eq!(reader.check(), Err(CheckpointError::Damaged));
    // A time before 1970.
    for (ms, check) in [(0, Ok(())), (-1, Err(CheckpointError::Damaged))] {
        let mut reader = written(&|writer| writer.step(Some(timestamp(ms)), &mut timestamp(5)));
        assert_eq!((reader.step(&mut timestamp(5)), reader.check()), (Some(timestamp(ms)), check));
    }
    // Numbers of every size, and nothing.
    for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1] {
        let mut reader = written(&|writer| {
            writer.number(number);
            writer.maybe(Some(number));
            writer.maybe(None);
        });
        assert_eq!(reader.number(), number);
        assert_eq!((reader.maybe(), reader.maybe()), (Some(number), None));
    }
}

#[test]
fn an_override_that_no_header_can_carry_is_damaged() {
    let text = begun(&json!([{"all": true}, {"label": "ab"}]));
    let continued =
        |text: &str| go_on(text, Operation::Resume, &json!([{"all": true}]), Expected::Anything);
    assert_eq!(continued(&text).err(), None);
    for altered in [*b"\r\n", *b"a\0"] {
        let mut form = form(&text);
        let at = form.windows(2).position(|pair| pair == b"ab").expect("the label");
        form[at..at + 2].copy_from_slice(&altered);
        assert_eq!(continued(&seal(&form)).err(), Some(CheckpointError::Damaged), "{altered:?}");
    }
}
