/// A leader's right to write: one epoch of a shard. It ends when the next epoch of the shard begins, and is of no use
/// from then on, whatever the process that holds it believes.
package struct Fence: Sendable, Hashable, CustomStringConvertible {
    /// What is led, such as `catalog`.
    package let shard: String
    /// Rises with each leader of the shard.
    package let epoch: Int64
    /// The process that leads. Checked beside the epoch: a database that was restored from a backup counts some epochs
    /// a second time.
    package let holder: String

    package init(shard: String, epoch: Int64, holder: String) {
        self.shard = shard
        self.epoch = epoch
        self.holder = holder
    }

    package var description: String { "epoch \(epoch) of \(shard)" }
}
