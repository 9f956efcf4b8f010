//! What a temperature feels like, as functions. Part 5 shows this file from here on, and runs it.

#[varvite::dataflow]
pub(super) mod comfort {
    /// What wind takes, in °F and miles an hour: the formula of the National Weather Service.
    #[node]
    pub fn wind_chill(temp: f64, wind_speed: f64) -> Option<f64> {
        let wind = wind_speed.powf(0.16);
        let chill = 35.74 + 0.6215 * temp - 35.75 * wind + 0.4275 * temp * wind;
        (temp <= 50.0 && wind_speed >= 3.0).then_some(chill)
    }

    /// What damp air adds.
    #[node]
    pub fn heat_index(temp: f64, humid: f64) -> Option<f64> {
        let of_temp = -42.379 + 2.049_015_23 * temp - 6.837_83e-3 * temp * temp;
        let of_humid = 10.143_331_27 - 0.224_755_41 * temp + 1.228_74e-3 * temp * temp;
        let of_square = -5.481_717e-2 + 8.5282e-4 * temp - 1.99e-6 * temp * temp;
        (temp >= 80.0).then_some(of_temp + of_humid * humid + of_square * humid * humid)
    }

    /// What a temperature feels like. Without wind or humidity it is what it is.
    #[node(check(range = -60.0..=130.0, severity = "warn"))]
    pub fn felt(temp: f64, wind_chill: Option<f64>, heat_index: Option<f64>) -> f64 {
        wind_chill.or(heat_index).unwrap_or(temp)
    }
}
