//! [`Query`]: what is looked for among the definitions.

use std::collections::BTreeMap;

use varvite_schema::{Definitions, EntityKey, FeatureSchema, FeatureView, OnDemandInput, VirtualKey};

/// What is looked for; all of it must hold. Nothing finds everything.
///
/// # Examples
/// ```
/// use varvite_feature::Query;
///
/// let query = Query::new().with_text("age").with_tag("team", "growth");
/// assert_eq!(query.text.as_deref(), Some("age"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// Text in the name or the description of the group or of one of its features, in any case.
    pub text: Option<String>,
    /// Tags with these values.
    pub tags: BTreeMap<String, String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// A column that names its entities; of an on-demand group, those of its inputs.
    pub entity: Option<String>,
}

impl Query {
    /// Looks for everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks for a text.
    pub fn with_text(self, text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..self }
    }

    /// Looks for a tag with this value.
    pub fn with_tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(name.into(), value.into());
        self
    }

    /// Looks for an owner.
    pub fn with_owner(self, owner: impl Into<String>) -> Self {
        Self { owner: Some(owner.into()), ..self }
    }

    /// Looks for an entity key.
    pub fn with_entity(self, entity: impl Into<String>) -> Self {
        Self { entity: Some(entity.into()), ..self }
    }

    pub(super) fn finds(&self, view: FeatureView<'_>, definitions: &Definitions) -> bool {
        self.owner.as_deref().is_none_or(|wanted| view.owner() == Some(wanted))
            && self.tags.iter().all(|(name, value)| view.tags().get(name) == Some(value))
            && self.entity.as_deref().is_none_or(|wanted| keys(view, definitions).contains(&wanted))
            && self.text.as_deref().is_none_or(|wanted| {
                let wanted = wanted.to_lowercase();
                texts(view).any(|text| text.to_lowercase().contains(&wanted))
            })
    }
}

/// Names and descriptions.
fn texts(view: FeatureView<'_>) -> impl Iterator<Item = &str> {
    let described = match view {
        FeatureView::Group(group) => group.features(),
        _ => &[],
    };
    let words = [view.name(), view.description()].into_iter().chain(view.feature_names());
    words.chain(described.iter().map(FeatureSchema::description))
}

/// The columns that name entities.
fn keys<'a>(view: FeatureView<'a>, definitions: &'a Definitions) -> Vec<&'a str> {
    match view {
        FeatureView::Group(group) => group.entity_keys().iter().map(EntityKey::name).collect(),
        FeatureView::Window(window) => window.entity_keys().iter().map(String::as_str).collect(),
        FeatureView::Virtual(group) => group.entity_keys().iter().map(VirtualKey::name).collect(),
        FeatureView::OnDemand(group) => {
            let inputs = group.inputs().iter().filter_map(|input| match input {
                OnDemandInput::Feature(reference) => definitions.view(reference.group(), reference.version()).ok(),
                OnDemandInput::Request(_) => None,
            });
            // Inputs are never on-demand groups themselves.
            inputs
                .filter(|input| !matches!(input, FeatureView::OnDemand(_)))
                .flat_map(|input| keys(input, definitions))
                .collect()
        }
        _ => Vec::new(),
    }
}
