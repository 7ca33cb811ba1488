use futures::FutureExt;
use shukei_protocol::Share;
use shukei_worker::{News, Pointers};

use crate::error::TransformError;
use crate::transform::Transform;

impl Transform {
    /// Works until `shutdown`: a pass at the start, one whenever a pointer comes, and one every second. In a group it
    /// works on the partitions that the group gives it, in every generation, and on nothing before it was given some.
    ///
    /// # Errors
    /// Those of [`Transform::pass`].
    pub async fn run(
        mut self,
        pointers: Option<Pointers>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), TransformError> {
        if pointers.as_ref().is_some_and(Pointers::is_in_group) {
            self.share = Share::nothing();
        }
        let ended = self.work(pointers.as_ref(), shutdown).await;
        if let Some(pointers) = pointers.filter(Pointers::is_in_group) {
            pointers.leave().await;
        }
        ended
    }

    async fn work(
        &mut self,
        pointers: Option<&Pointers>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), TransformError> {
        tokio::pin!(shutdown);
        loop {
            while self.pass().await? {}
            if let Some(pointers) = pointers {
                pointers.commit_group_offsets();
            }
            let news = async {
                match pointers {
                    Some(pointers) => pointers.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                news = news => {
                    self.hear(news?).await?;
                    // One pass serves all the pointers that have come.
                    while let Some(news) = pointers.and_then(|pointers| pointers.next().now_or_never()) {
                        self.hear(news?).await?;
                    }
                }
                () = tokio::time::sleep(self.options.look_every) => {}
                () = &mut shutdown => break,
            }
        }
        // What landed before the end is still decided.
        while self.pass().await? {}
        if let Some(pointers) = pointers {
            pointers.commit_group_offsets();
        }
        Ok(())
    }

    async fn hear(&mut self, news: News) -> Result<(), TransformError> {
        match news {
            News::Pointer(_) => Ok(()),
            News::Partitions { mine, of } => {
                tracing::info!(partitions = ?mine, of, "working on these partitions");
                self.share = Share::Of { mine, of };
                self.hold_share().await
            }
        }
    }

    /// Takes up the lanes of this worker's share in every table, and gives up the others.
    pub(crate) async fn hold_share(&mut self) -> Result<(), TransformError> {
        let share = &self.share;
        self.outcomes.hold_only(&self.generations, |lane| share.has(lane)).await?;
        for driver in self.responses.values_mut() {
            driver.hold_only(&self.generations, |lane| share.has(lane)).await?;
        }
        Ok(())
    }
}
