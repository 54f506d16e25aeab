use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;

use super::node::{Group, Node};

/// Where a node is kept; another may be there once that one was removed.
pub(super) type Index = usize;

/// All nodes of a tree, by index and by key.
#[derive(Debug, Clone)]
pub(super) struct Nodes<K> {
    slots: Vec<Option<Node<K>>>,
    free: Vec<Index>,
    by_key: HashMap<K, Index, RandomState>,
}

impl<K: Clone + Eq + Hash> Nodes<K> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), by_key: HashMap::default() }
    }

    pub(super) fn index(&self, key: &K) -> Option<Index> {
        self.by_key.get(key).copied()
    }

    pub(super) fn get(&self, index: Index) -> Option<&Node<K>> {
        self.slots.get(index)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, index: Index) -> Option<&mut Node<K>> {
        self.slots.get_mut(index)?.as_mut()
    }

    pub(super) fn group(&self, index: Index) -> Option<&Group> {
        self.get(index)?.group()
    }

    pub(super) fn group_mut(&mut self, index: Index) -> Option<&mut Group> {
        self.get_mut(index)?.group_mut()
    }

    pub(super) fn parent(&self, index: Index) -> Option<Index> {
        self.get(index)?.parent
    }

    /// The children from this place on, in their order.
    pub(super) fn children(&self, index: Index, from: u64) -> Vec<Index> {
        let Some(group) = self.group(index) else { return Vec::new() };
        group.children.range(from..).map(|(_, &child)| child).collect()
    }

    pub(super) fn insert(&mut self, node: Node<K>) -> Index {
        let index = self.free.pop().unwrap_or(self.slots.len());
        self.by_key.insert(node.key.clone(), index);
        if let Some(group) = node.parent.and_then(|parent| self.group_mut(parent)) {
            group.children.insert(node.place, index);
        }
        if index == self.slots.len() {
            self.slots.push(Some(node));
        } else {
            self.slots[index] = Some(node);
        }
        index
    }

    /// Removes a node with all that is below it.
    pub(super) fn remove(&mut self, index: Index) {
        if let Some(node) = self.get(index) {
            let (parent, place) = (node.parent, node.place);
            if let Some(group) = parent.and_then(|parent| self.group_mut(parent)) {
                group.children.remove(&place);
            }
        }
        let mut doomed = vec![index];
        while let Some(index) = doomed.pop() {
            doomed.extend(self.children(index, 0));
            if let Some(node) = self.slots.get_mut(index).and_then(Option::take) {
                self.by_key.remove(&node.key);
                self.free.push(index);
            }
        }
    }
}
