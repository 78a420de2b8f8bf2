/// Something that is done about the costs of all clusters again and again, by one replica at a time.
package protocol CostLoop: Sendable {
    /// Runs until the task is cancelled. What fails is told and tried again; it never returns early.
    func run() async
}
