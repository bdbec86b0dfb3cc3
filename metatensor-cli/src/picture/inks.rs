//! Colours, by what they mean: the same ones in the light and in the dark, which people who do not tell red from green tell apart.

use std::fmt::Write;

/// What something is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Background,
    Text,
    /// Text that is less important.
    Muted,
    /// Lines that help the eye.
    Faint,
    /// From 0, next to nothing, to 4.
    Level(Family, u8),
}

/// What an array is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Values,
    Gradient,
    /// A gradient of a gradient, of any depth.
    Deeper,
}

impl Family {
    /// Of the array at the end of a path of gradients, which is empty for values.
    pub(crate) fn of_path(path: &str) -> Family {
        match path.split('/').count() {
            _ if path.is_empty() => Family::Values,
            1 => Family::Gradient,
            _ => Family::Deeper,
        }
    }

    pub(crate) fn edge(self) -> Ink {
        Ink::Level(self, 4)
    }

    pub(crate) fn fill(self) -> Ink {
        Ink::Level(self, 1)
    }
}

/// Which of the colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colors {
    Light,
    Dark,
    /// Of SVG: what whoever looks at it prefers. Light where nobody can be asked.
    Preferred,
    /// Of SVG: those that the page around it gives to the classes.
    OfPage,
}

const LEVELS: u8 = 5;

/// Each ink with its class in SVG.
fn all() -> Vec<(Ink, String)> {
    let mut all = vec![
        (Ink::Background, "background".to_owned()),
        (Ink::Text, "text".to_owned()),
        (Ink::Muted, "muted".to_owned()),
        (Ink::Faint, "faint".to_owned()),
    ];
    for family in [Family::Values, Family::Gradient, Family::Deeper] {
        for level in 0..LEVELS {
            let ink = Ink::Level(family, level);
            all.push((ink, ink.class()));
        }
    }
    all
}

impl Ink {
    /// Its name in SVG.
    pub(super) fn class(self) -> String {
        match self {
            Ink::Background => "background".to_owned(),
            Ink::Text => "text".to_owned(),
            Ink::Muted => "muted".to_owned(),
            Ink::Faint => "faint".to_owned(),
            Ink::Level(Family::Values, level) => format!("v{level}"),
            Ink::Level(Family::Gradient, level) => format!("g{level}"),
            Ink::Level(Family::Deeper, level) => format!("d{level}"),
        }
    }

    /// Red, green and blue, on a bright or on a dark background.
    pub(super) fn rgb(self, is_dark: bool) -> [u8; 3] {
        let color: u32 = match (self, is_dark) {
            (Ink::Background, false) => 0xff_ff_ff,
            (Ink::Text, false) => 0x1d_21_26,
            (Ink::Muted, false) => 0x5a_62_6c,
            (Ink::Faint, false) => 0xc9_ce_d5,
            (Ink::Background, true) => 0x15_18_1c,
            (Ink::Text, true) => 0xe8_eb_ef,
            (Ink::Muted, true) => 0xa3_ab_b5,
            (Ink::Faint, true) => 0x45_4c_55,
            (Ink::Level(family, level), is_dark) => {
                let ramp = match (family, is_dark) {
                    (Family::Values, false) => VALUES[0],
                    (Family::Values, true) => VALUES[1],
                    (Family::Gradient, false) => GRADIENTS[0],
                    (Family::Gradient, true) => GRADIENTS[1],
                    (Family::Deeper, false) => DEEPER[0],
                    (Family::Deeper, true) => DEEPER[1],
                };
                ramp[usize::from(level.min(LEVELS - 1))]
            }
        };
        let [_, red, green, blue] = color.to_be_bytes();
        [red, green, blue]
    }
}

/// Blue, orange and violet, which get darker on a bright background, and brighter on a dark one.
const VALUES: [[u32; LEVELS as usize]; 2] = [
    [0xf3_f7_fb, 0xd3_e2_f1, 0xa3_c3_e2, 0x64_97_c8, 0x2f_62_99],
    [0x1b_25_30, 0x23_3c_56, 0x31_5f_8c, 0x57_93_cd, 0x9c_ca_f7],
];
const GRADIENTS: [[u32; LEVELS as usize]; 2] = [
    [0xfd_f6_ef, 0xf9_e0_c8, 0xf1_bd_8c, 0xdf_8b_43, 0xa5_55_10],
    [0x2a_21_19, 0x50_34_1b, 0x87_54_21, 0xcf_84_38, 0xf7_bd_85],
];
const DEEPER: [[u32; LEVELS as usize]; 2] = [
    [0xf7_f5_fb, 0xe2_db_f0, 0xc2_b3_df, 0x95_7f_c4, 0x63_48_9c],
    [0x23_1f_30, 0x3a_31_58, 0x5a_4a_8c, 0x8d_78_c9, 0xc6_b6_f2],
];

/// The colours as CSS, for all that has the class `mts`, and is not inside of something else that has it.
pub(crate) fn style(colors: Colors) -> String {
    let rules = |is_dark: bool| {
        let mut rules = String::new();
        for (ink, class) in all() {
            let [red, green, blue] = ink.rgb(is_dark);
            let color = format!("#{red:02x}{green:02x}{blue:02x}");
            // Writing to a string does not fail.
            let _ = write!(rules, ".mts .{class}{{fill:{color}}}");
            let _ = write!(rules, ".mts .{class}-line{{stroke:{color};fill:none}}");
        }
        rules
    };
    match colors {
        Colors::Light => rules(false),
        Colors::Dark => rules(true),
        Colors::Preferred => format!(
            "{}\n@media (prefers-color-scheme:dark){{{}}}",
            rules(false),
            rules(true)
        ),
        Colors::OfPage => String::new(),
    }
}
