//! Which heading of one version is which heading of the other.

use super::similarity::{Index, Reader, Text};
use super::{Checklist, identity};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Two titles this similar are one heading, renamed, where nothing else tells.
const ALIKE: f64 = 0.6;

/// Sections are the same when their paths are; else when most of the items of one went to the other.
pub(super) fn map_sections(base: &Checklist, head: &Checklist, head_of: &[Option<usize>]) -> Vec<Option<usize>> {
    let titles = |list: &Checklist| -> Vec<String> {
        list.sections.iter().map(|s| identity::normalise_title(&s.title)).collect()
    };
    let (old_titles, new_titles) = (titles(base), titles(head));
    let mut reader = Reader::default();
    let (old_paths, new_paths) = (paths(base, &old_titles, &mut reader), paths(head, &new_titles, &mut reader));
    let mut mapping = Mapping { mapped: vec![None; base.sections.len()], taken: BTreeSet::new() };
    mapping.pair_by_path(&old_paths, &new_paths);
    mapping.pair_by_items(base, head, head_of);
    mapping.pair_by_children_and_title((base, &old_titles), (head, &new_titles));
    mapping.mapped
}

/// The partners that were found so far.
struct Mapping {
    /// For each section of the base its partner in the head.
    mapped: Vec<Option<usize>>,
    /// The sections of the head that have one.
    taken: BTreeSet<usize>,
}

impl Mapping {
    /// Sections with the same path, in order.
    fn pair_by_path(&mut self, old_paths: &[Vec<usize>], new_paths: &[Vec<usize>]) {
        let mut head_paths: BTreeMap<&[usize], VecDeque<usize>> = BTreeMap::new();
        for (at, path) in new_paths.iter().enumerate() {
            head_paths.entry(path).or_default().push_back(at);
        }
        for (slot, path) in self.mapped.iter_mut().zip(old_paths) {
            if let Some(h) = head_paths.get_mut(path.as_slice()).and_then(VecDeque::pop_front) {
                self.taken.insert(h);
                *slot = Some(h);
            }
        }
    }

    /// A section to which most of the items of another one went.
    fn pair_by_items(&mut self, base: &Checklist, head: &Checklist, head_of: &[Option<usize>]) {
        let mut votes: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
        for (b, item) in base.items.iter().enumerate() {
            let Some(from) = item.section else { continue };
            *sizes.entry(from).or_default() += 1;
            let to = head_of.get(b).copied().flatten().and_then(|h| head.items.get(h)).and_then(|i| i.section);
            if let Some(to) = to {
                *votes.entry((from, to)).or_default() += 1;
            }
        }
        let mut ranked: Vec<(usize, usize, usize)> = votes.into_iter().map(|((from, to), n)| (n, from, to)).collect();
        ranked.sort_by(|x, y| y.0.cmp(&x.0).then(x.1.cmp(&y.1)));
        for (n, from, to) in ranked {
            let most = n * 2 > sizes.get(&from).copied().unwrap_or_default();
            if let Some(slot) = self.mapped.get_mut(from)
                && slot.is_none()
                && most
                && self.taken.insert(to)
            {
                *slot = Some(to);
            }
        }
    }

    /// A heading without items of its own goes where its children go, or where its title is most alike.
    fn pair_by_children_and_title(
        &mut self,
        (base, old_titles): (&Checklist, &[String]),
        (head, new_titles): (&Checklist, &[String]),
    ) {
        let Self { mapped, taken } = self;
        let mut reader = Reader::default();
        let old_words: Vec<Text<'_>> = old_titles.iter().map(|title| reader.read(title)).collect();
        let new_words: Vec<Text<'_>> = new_titles.iter().map(|title| reader.read(title)).collect();
        let untaken = new_words.iter().enumerate().filter(|(h, _)| !taken.contains(h));
        let mut index = Index::of(untaken.map(|(h, text)| (h, 0, text)));
        let mut first_child: BTreeMap<usize, usize> = BTreeMap::new();
        for at in (0..base.sections.len()).rev() {
            if mapped.get(at).copied().flatten().is_none() {
                let parent_of_child = first_child
                    .get(&at)
                    .and_then(|h| head.sections.get(*h))
                    .and_then(|s| s.parent)
                    .filter(|p| !taken.contains(p));
                let mut alike = || {
                    let own = old_words.get(at)?;
                    let found = index.likes(0, own).into_iter().filter(|h| !taken.contains(h));
                    let scored = found.filter_map(|h| Some((own.similarity(new_words.get(h)?), h)));
                    let near = scored.filter(|(score, _)| *score >= ALIKE);
                    near.max_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1))).map(|(_, h)| h)
                };
                if let Some(h) = parent_of_child.or_else(&mut alike)
                    && let Some(slot) = mapped.get_mut(at)
                {
                    taken.insert(h);
                    *slot = Some(h);
                }
            }
            // Backwards, so that the first child is the last one to be noted.
            let parent = base.sections.get(at).and_then(|s| s.parent);
            if let (Some(parent), Some(h)) = (parent, mapped.get(at).copied().flatten()) {
                first_child.insert(parent, h);
            }
        }
    }
}

/// For each section the numbers of the titles from it up to the outermost one.
fn paths<'t>(list: &Checklist, titles: &'t [String], reader: &mut Reader<'t>) -> Vec<Vec<usize>> {
    let numbers: Vec<usize> = titles.iter().map(|title| reader.number(title)).collect();
    let path = |at: usize| {
        let mut path = Vec::new();
        let mut next = Some(at);
        while let Some((at, section)) = next.and_then(|at| Some((at, list.sections.get(at)?))) {
            path.extend(numbers.get(at));
            next = section.parent;
        }
        path
    };
    (0..list.sections.len()).map(path).collect()
}
