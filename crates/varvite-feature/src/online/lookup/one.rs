//! Look-ups of one entity: nothing is allocated but the answer.

use arrow::datatypes::DataType as Arrow;
use varvite_time::{Instant, TimeUnit};

use super::answer::{OnlineScalar, OnlineValue, ValueStatus};
use super::part::{Known, Part};
use super::{OnlineLookup, Output};
use crate::online::key::{KeyBuffer, KeyPart};
use crate::online::row::{RowView, damaged_row};
use crate::online::value::column;
use crate::online::view::View;
use crate::times::unit_of;
use crate::{Error, Result};

impl OnlineLookup {
    /// The features of one entity, as they are at `now`, in the order in which they were asked for. `keys` are the values
    /// of [`entity_columns`](Self::entity_columns), in their order.
    ///
    /// # Errors
    /// If a key is missing or of another kind (S19), or if online values cannot be read.
    pub fn get_one(&self, keys: &[KeyPart<'_>], now: Instant) -> Result<Vec<OnlineValue>> {
        if keys.len() != self.entity_columns.len() {
            let reason = format!("{} keys are given for the columns {:?}", keys.len(), self.entity_columns);
            return Err(Error::InvalidEntities { reason });
        }
        let nothing = OnlineValue { status: ValueStatus::NotFound, value: None, event_time: None };
        let mut values = vec![nothing; self.outputs.len()];
        let view = self.store.view()?;
        for (at, part) in self.parts.iter().enumerate() {
            self.fill(at, part, &view, keys, now, &mut values)?;
        }
        Ok(values)
    }

    /// Fills in what a part has.
    fn fill(
        &self,
        at: usize,
        part: &Part,
        view: &View,
        keys: &[KeyPart<'_>],
        now: Instant,
        values: &mut [OnlineValue],
    ) -> Result<()> {
        let mut key = KeyBuffer::new();
        if !self.write_key(part, keys, &mut key)? {
            return Ok(());
        }
        let group = view.group(part.id());
        let live = group.and_then(|group| group.live.as_ref());
        let (Some(group), Some(live)) = (group, live) else { return Ok(()) };
        part.check_keys(live)?;
        let Some(found) = live.get(key.as_slice())? else { return Ok(()) };
        let (row, unit) = (RowView::try_new(found.value())?, live.event.as_ref().map(|(_, unit)| *unit));
        let Known { withheld, event } = part.judge(row, unit, now);
        let event_time = event.zip(unit).map(|(event, unit)| Instant::new(event, unit));
        let bindings = part.bindings(group)?;
        let (binding, plan) = bindings.get(row.layout()).zip(live.plans.get(row.layout())).ok_or_else(damaged_row)?;
        let outputs = self.outputs.iter().zip(values);
        for (Output { feature, .. }, value) in outputs.filter(|(output, _)| output.part == at) {
            value.event_time = event_time;
            if let Some(withheld) = withheld {
                value.status = withheld;
                continue;
            }
            let place = part.place(binding, *feature)?;
            let bytes = place.map_or(Ok(None), |place| plan.value(row, place.at))?;
            value.value = match (bytes, place.and_then(|place| place.widening)) {
                (None, _) => None,
                (Some(bytes), None) => Some(scalar(part.data_type(*feature), bytes)?),
                (Some(bytes), Some(widening)) => {
                    let bytes = widening.widen(bytes).ok_or_else(damaged_row)?;
                    Some(scalar(part.data_type(*feature), &bytes)?)
                }
            };
            value.status = if value.value.is_some() { ValueStatus::Present } else { ValueStatus::NullValue };
        }
        Ok(())
    }

    /// Writes the key of a part. `false`: nothing can have it.
    fn write_key(&self, part: &Part, keys: &[KeyPart<'_>], key: &mut KeyBuffer) -> Result<bool> {
        for (at, from) in part.keys.iter().enumerate() {
            let pushed = from.kind.push(keys[from.column], key).map_err(|given| Error::KeyTypeMismatch {
                column: self.entity_columns[from.column].clone(),
                given: given.to_owned(),
                expected: part.group().entity_keys()[at].data_type().to_string(),
                needed_by: format!("`{}`", part.id()),
            });
            if !pushed? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The value with these bytes.
fn scalar(data_type: &Arrow, bytes: &[u8]) -> Result<OnlineScalar> {
    fn number<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
        bytes.try_into().map_err(|_| damaged_row())
    }
    Ok(match data_type {
        Arrow::Int32 => OnlineScalar::Int(i32::from_le_bytes(number(bytes)?).into()),
        Arrow::Int64 => OnlineScalar::Int(i64::from_le_bytes(number(bytes)?)),
        Arrow::Float32 => OnlineScalar::Double(f32::from_le_bytes(number(bytes)?).into()),
        Arrow::Float64 => OnlineScalar::Double(f64::from_le_bytes(number(bytes)?)),
        Arrow::Boolean => OnlineScalar::Boolean(number::<1>(bytes)? != [0]),
        Arrow::Date32 => OnlineScalar::Date(i32::from_le_bytes(number(bytes)?)),
        Arrow::Timestamp(..) => {
            let unit = unit_of(data_type).unwrap_or(TimeUnit::Nanosecond);
            OnlineScalar::Timestamp(i64::from_le_bytes(number(bytes)?), unit)
        }
        Arrow::Utf8 => OnlineScalar::Text(std::str::from_utf8(bytes).map_err(|_| damaged_row())?.to_owned()),
        other => {
            let element = column(other, &[Some(bytes)]);
            OnlineScalar::Element(element.map_err(|source| Error::Arrow { action: "decode online values", source })?)
        }
    })
}
