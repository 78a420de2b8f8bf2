package import Catalog
package import CatalogSources
package import Store

/// What the operator decided about the catalog.
package struct CatalogProcessing: Sendable {
    package var rules = CatalogRules()
    package var orphans = OrphanStrategy.delete
    /// After this, and up to half of it more, what Location entities and placeholders name is read again; nil: only when the
    /// entity changes.
    package var interval: Duration? = .seconds(100)
    /// How long what could not be read waits for the first time; twice as long each time after that, up to the interval.
    package var firstRetry: Duration = .seconds(5)
    package let targets: TargetReader

    package init(targets: TargetReader) { self.targets = targets }

    /// How long to wait for the next reading; nil: for ever. The randomness spreads what began together.
    package func nextReading(using random: inout some RandomNumberGenerator) -> Duration? {
        interval.map { $0 * Double.random(in: 1...1.5, using: &random) }
    }

    /// How long to wait after so many failures.
    func retry(after failures: Int) -> Duration {
        min(firstRetry * (1 << min(failures, 10)), max(interval ?? .seconds(100), firstRetry))
    }
}
