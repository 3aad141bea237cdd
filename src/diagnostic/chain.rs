use rustc_hash::FxHashSet;

use crate::source::Span;

/// How many frames of a chain are kept, half of them from its beginning and half from its end. Of `n` functions that call
/// one another in a row, each with a finding, whole chains are `n²` frames, which nobody reads.
const MOST_FRAMES: usize = 64;

/// One step of the way from an entry point to the offending code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The function as its module names it: `OrderWorkflow.run`, `stamp`, `<lambda>`.
    pub function: String,
    /// The place in that function that leads on: the call of the next frame's function, and in the last frame the
    /// offending code itself.
    pub span: Span,
}

/// The way from an entry point to the offending code; of a long one, both ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallChain {
    /// The frames, entry point first.
    pub frames: Vec<Frame>,
    /// What is not among the frames.
    pub left_out: Option<LeftOut>,
}

/// The calls in the middle of a long chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// How many frames stand before them.
    pub after: usize,
    /// How many they are.
    pub calls: usize,
    /// One of them in each file through which the chain leads there.
    pub through: Vec<Span>,
}

impl CallChain {
    /// The chain of these steps, whose frames are made of those alone that are kept.
    pub fn new<T>(steps: &[T], span: impl Fn(&T) -> Span, function: impl Fn(&T) -> String) -> Self {
        let frame = |step| Frame { function: function(step), span: span(step) };
        if steps.len() <= MOST_FRAMES {
            return Self { frames: steps.iter().map(frame).collect(), left_out: None };
        }
        let half = MOST_FRAMES / 2;
        let (first, rest) = steps.split_at(half);
        let (middle, last) = rest.split_at(rest.len() - half);
        let mut files = FxHashSet::default();
        let through = middle.iter().map(&span).filter(|span| files.insert(span.file)).collect();
        let left_out = LeftOut { after: half, calls: middle.len(), through };
        Self { frames: first.iter().chain(last).map(frame).collect(), left_out: Some(left_out) }
    }

    /// A place in each file through which the chain leads, the frames' own first.
    pub fn spans(&self) -> impl Iterator<Item = Span> {
        let through = self.left_out.iter().flat_map(|left_out| &left_out.through);
        self.frames.iter().map(|frame| frame.span).chain(through.copied())
    }

    pub(super) fn spans_mut(&mut self) -> impl Iterator<Item = &mut Span> {
        let through = self.left_out.iter_mut().flat_map(|left_out| &mut left_out.through);
        self.frames.iter_mut().map(|frame| &mut frame.span).chain(through)
    }
}

impl From<Vec<Frame>> for CallChain {
    fn from(frames: Vec<Frame>) -> Self {
        Self { frames, left_out: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Sources, TextRange, TextSize};

    /// Of a long chain both ends are kept; the files that only its middle lies in are still known.
    #[test]
    fn of_a_long_chain_both_ends_are_kept() {
        let sources = Sources::new();
        let add = |path: &str| sources.add(SourceFile::new(path.into(), String::new(), true));
        let (file, middle) = (add("/a.py"), add("/b.py"));
        let chain = |length: u32| {
            let steps: Vec<u32> = (0..length).collect();
            let file = |step: u32| if step == 40 { middle } else { file };
            let span = |step: &u32| Span { file: file(*step), range: TextRange::empty(TextSize::new(*step)) };
            CallChain::new(&steps, span, u32::to_string)
        };
        let whole = chain(64);
        assert_eq!((whole.frames.len(), &whole.left_out), (64, &None));
        let long = chain(100);
        let functions: Vec<String> = long.frames.iter().map(|frame| frame.function.clone()).collect();
        let expected: Vec<String> = (0..32).chain(68..100).map(|step: u32| step.to_string()).collect();
        assert_eq!(functions, expected);
        assert!(long.spans().any(|span| span.file == middle));
        let left_out = long.left_out.expect("it is longer than what is kept");
        assert_eq!((left_out.after, left_out.calls, left_out.through.len()), (32, 36, 2));
    }
}
