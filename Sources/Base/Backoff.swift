/// Growing waits between attempts: `initial`, then `factor` times as long each time up to `maximum`, each lengthened by
/// a random share of up to `jitter` so that many clients do not return at once.
package struct Backoff: Sendable {
    private let initial: Duration
    private let factor: Double
    private let maximum: Duration
    private let jitter: Double
    private var current: Duration

    package init(initial: Duration, factor: Double, maximum: Duration, jitter: Double) {
        self.initial = initial
        self.factor = factor
        self.maximum = maximum
        self.jitter = jitter
        self.current = initial
    }

    /// The next wait: between the current step d and d × (1 + jitter).
    package mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let step = current
        current = min(step * factor, maximum)
        return step * (1 + Double.random(in: 0...1, using: &generator) * jitter)
    }

    /// Starts again from `initial`, after a success.
    package mutating func reset() { current = initial }
}
