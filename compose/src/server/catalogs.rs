use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use shukei_lake::Lake;
use shukei_query::Catalog;
use shukei_schemas::definition::Definitions;
use tokio::sync::{Mutex, watch};

use crate::fault::Fault;
use crate::reading;

/// How old a catalog may be that a request is answered from.
const AGE_MAX: Duration = Duration::from_millis(250);

/// The catalog of the moment, shared by all requests of that moment. Tables only grow, so no request is ever answered
/// from less than one before it.
pub(crate) struct Catalogs {
    lake: RwLock<Lake>,
    definitions: watch::Receiver<Arc<Definitions>>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    catalogs: BTreeMap<Option<String>, Opened>,
    known: Option<Known>,
}

/// The definitions of the process, and with them the surveys that only the data folder keeps. To find those takes a
/// look at every outcome, so it is done for new definitions and now and then, not for every catalog.
struct Known {
    at: Instant,
    own: Arc<Definitions>,
    all: Arc<Definitions>,
}

/// How long a survey may be missing that somebody else has begun to fill.
const KNOWN_AGE_MAX: Duration = Duration::from_secs(10);

struct Opened {
    at: Instant,
    definitions: Arc<Definitions>,
    catalog: Catalog,
}

impl Catalogs {
    pub(crate) fn new(lake: Lake, definitions: watch::Receiver<Arc<Definitions>>) -> Self {
        Self { lake: RwLock::new(lake), definitions, open: Mutex::default() }
    }

    pub(crate) fn lake(&self) -> Lake {
        self.lake.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same with the refined tables that are in use now: beside a process that only answers, somebody may have made
    /// new ones, and those of before are deleted some day.
    fn lake_in_use(&self) -> Result<Lake, Fault> {
        let lake = self.lake();
        if lake.is_in_use()? {
            return Ok(lake);
        }
        let lake = Lake::local(lake.root(), lake.options().clone())?;
        *self.lake.write().unwrap_or_else(PoisonError::into_inner) = lake.clone();
        Ok(lake)
    }

    pub(crate) fn definitions(&self) -> Arc<Definitions> {
        self.definitions.borrow().clone()
    }

    /// The catalog with labels in this language, or in each survey's first.
    pub(crate) async fn get(&self, language: Option<&str>) -> Result<Catalog, Fault> {
        let definitions = self.definitions();
        // A language that no survey has gives the default labels; it must not fill the memory with catalogs.
        let known = |language: &&str| {
            definitions.surveys().any(|survey| survey.survey.languages.iter().any(|known| known == language))
        };
        let language = language.filter(known).map(str::to_owned);
        let mut open = self.open.lock().await;
        if let Some(opened) = open.catalogs.get(&language)
            && opened.at.elapsed() < AGE_MAX
            && Arc::ptr_eq(&opened.definitions, &definitions)
        {
            return Ok(opened.catalog.clone());
        }
        let at = Instant::now();
        let lake = self.lake_in_use()?;
        let known = open
            .known
            .as_ref()
            .filter(|known| Arc::ptr_eq(&known.own, &definitions) && known.at.elapsed() < KNOWN_AGE_MAX);
        let catalog = match known {
            Some(known) => Catalog::open_in(&lake, &known.all, language.as_deref()).await?,
            None => {
                let catalog = reading::open_lake(&lake, &definitions, language.as_deref()).await?;
                let all = Arc::new(catalog.definitions().clone());
                open.known = Some(Known { at, own: Arc::clone(&definitions), all });
                catalog
            }
        };
        open.catalogs.retain(|_, opened| opened.at.elapsed() < 8 * AGE_MAX);
        open.catalogs.insert(language, Opened { at, definitions, catalog: catalog.clone() });
        Ok(catalog)
    }
}
