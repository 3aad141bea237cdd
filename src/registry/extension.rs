use camino::{Utf8Path, Utf8PathBuf};

use super::checks::{Examined, Fault};
use super::schema::ExtensionFile;
use crate::source::first_part;

/// A file of tables that a project adds to ours, as `extend-rules` names it.
#[derive(Debug)]
pub struct Extension {
    /// The file.
    pub path: Utf8PathBuf,
    /// Its text: files that say the same are one.
    pub text: String,
    /// What it says.
    pub file: ExtensionFile,
}

impl Extension {
    /// Reads a file's text.
    ///
    /// # Errors
    ///
    /// What is wrong in it, with the places.
    pub fn read(path: &Utf8Path, text: String) -> Result<Self, Vec<Fault>> {
        let mut examined = Examined::new(&text);
        // A file of nothing but comments says nothing.
        let is_empty = text.lines().all(|line| matches!(line.trim_start().chars().next(), None | Some('#')));
        let file = if is_empty { Some(ExtensionFile::default()) } else { examined.parse::<ExtensionFile>() };
        if let Some(file) = &file {
            examined.check_extension(file);
        }
        match file {
            Some(file) if examined.faults.is_empty() => Ok(Self { path: path.to_owned(), text, file }),
            _ => Err(examined.faults),
        }
    }

    /// The packages through which files use the SDK without naming it.
    pub fn packages(&self) -> impl Iterator<Item = &str> {
        let decorators = self.file.decorators.iter().flat_map(|group| &group.symbols);
        let spellings = self.file.types.canonical.iter().filter(|(_, symbol)| first_part(symbol) == "temporalio");
        decorators.chain(spellings.map(|(spelling, _)| spelling)).map(|symbol| first_part(symbol))
    }
}

/// The JSON Schema of such a file.
#[must_use]
pub fn extension_schema() -> serde_json::Value {
    let generator = schemars::generate::SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<ExtensionFile>().to_value();
    schema["$id"] = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/schemas/rules.schema.json").into();
    schema["title"] = "Tables of a project for temporal-py-lint".into();
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(usize, usize, String)> {
        let faults = Extension::read(Utf8Path::new("acme.yaml"), text.to_owned()).expect_err("it is wrong");
        faults.into_iter().map(|fault| (fault.line, fault.column, fault.message)).collect()
    }

    #[test]
    fn a_file_says_what_it_is_about_or_nothing() {
        let read = |text: &str| Extension::read(Utf8Path::new("acme.yaml"), text.to_owned()).expect("right");
        assert_eq!(read("# nothing yet\n\n").file.symbols().count(), 0);
        let text = "decorators:\n- { acts-as: activity.defn, symbols: [acme.flow.step] }\ntypes: { canonical: { tm.*: temporalio.* } }\n";
        assert_eq!(read(text).packages().collect::<Vec<_>>(), ["acme", "tm"]);
    }

    #[test]
    fn faults_have_their_places() {
        assert_eq!(
            faults("effects:\n- effect: netwrok\n  symbols: [acme.get]\n")[0].clone(),
            (2, 11, faults("effects:\n- effect: netwrok\n  symbols: [acme.get]\n")[0].2.clone())
        );
        let said = faults("efects: []\n");
        assert!(said[0].2.starts_with("unknown field `efects`") && said[0].0 == 1, "{said:?}");
        let said = faults("decorators:\n- { acts-as: activity.defn, symbols: [step] }\n");
        assert!(said[0].2.contains("no decorator's whole name"), "{said:?}");
        let said = faults("types:\n  returns: { temporalio.client.Client.connect: acme.Client }\n");
        assert!(said[0].2.contains("belongs to the SDK") && said[0].0 == 2, "{said:?}");
    }
}
