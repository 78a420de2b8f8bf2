import Base
import Glibc
import Testing

@Suite("Another program")
struct SubprocessTests {
    private func shell(
        _ script: String, environment: [String] = ["PATH=/usr/bin:/bin"], deadline: Duration = .seconds(20),
        maximumOutputBytes: Int = 1 << 20
    ) -> Subprocess {
        Subprocess(
            "sh", arguments: ["-c", script], environment: environment, deadline: deadline,
            maximumOutputBytes: maximumOutputBytes)
    }

    private func failure(_ program: Subprocess) async -> SubprocessError.Code? {
        do throws(SubprocessError) {
            _ = try await program.run()
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a program's output, the end of its error output and its status are given")
    func result() async throws {
        let result = try await shell("echo out; yes error | head -c 9000 >&2; echo last >&2; exit 3").run()
        #expect(result.ending == .exited(status: 3))
        #expect(result.output == Array("out\n".utf8))
        #expect(result.errorOutput.count == 4096)
        #expect(String(decoding: result.errorOutput, as: UTF8.self).hasSuffix("error\nlast\n"))
        #expect(try await shell("kill -9 $$").run().ending == .killed(signal: SIGKILL))
    }

    @Test("output larger than a pipe arrives whole")
    func largeOutput() async throws {
        let result = try await shell("head -c 300000 /dev/zero").run()
        #expect(result.output.count == 300_000)
    }

    @Test("a program has the environment given, an empty input and no descriptor of ours")
    func surroundings() async throws {
        // Deliberately without O_CLOEXEC, as libraries do.
        let open = Glibc.open("/dev/null", O_RDONLY)
        defer { close(open) }
        let script = "cat; echo $A-$HOME; test -e /proc/self/fd/\(open) && echo inherited; exit 0"
        let result = try await shell(script, environment: ["A=b", "PATH=/usr/bin:/bin"]).run()
        #expect(String(decoding: result.output, as: UTF8.self) == "b-\n")
        #expect(Subprocess.inheritedEnvironment.contains { $0.hasPrefix("PATH=") })
    }

    @Test("a program that is not there, or is none, is said to be so")
    func missing() async {
        #expect(await failure(Subprocess("/no/such/program", deadline: .seconds(5))) == .notFound)
        #expect(await failure(Subprocess("no-such-program-anywhere", deadline: .seconds(5))) == .notFound)
        #expect(await failure(Subprocess("/etc/passwd", deadline: .seconds(5))) == .cannotStart)
    }

    @Test("a program that does not end in time is killed with what it started")
    func deadline() async {
        let begin = ContinuousClock.now
        #expect(await failure(shell("sleep 60 & wait", deadline: .milliseconds(200))) == .timeout)
        // Also one that closes its output and goes on.
        #expect(await failure(shell("exec >&- 2>&-; sleep 60", deadline: .milliseconds(200))) == .timeout)
        #expect(ContinuousClock.now - begin < .seconds(10))
    }

    @Test("a program that writes without end is killed")
    func endlessOutput() async {
        #expect(await failure(shell("yes", maximumOutputBytes: 100_000)) == .outputTooLarge)
    }

    @Test("what a program leaves running in the background is not waited for")
    func background() async throws {
        let begin = ContinuousClock.now
        let result = try await shell("sleep 15 & echo done").run()
        #expect(result.output == Array("done\n".utf8))
        #expect(ContinuousClock.now - begin < .seconds(10))
    }

    @Test("cancelling the task kills the program, and no zombie is left")
    func cancellation() async throws {
        let file = "/tmp/callboard-subprocess-\(UInt64.random(in: 0 ... .max))"
        defer { unlink(file) }
        let task = Task { [self] in await failure(shell("echo $$ > \(file); exec sleep 60")) }
        var process: pid_t?
        let deadline = ContinuousClock.now + .seconds(60)
        while process == nil, ContinuousClock.now < deadline {
            let text = (try? readFile(file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            process = text.hasSuffix("\n") ? pid_t(text.dropLast()) : nil
            await Task.yield()
        }
        task.cancel()
        #expect(await task.value == .cancelled)
        let number = try #require(process)
        // A zombie could still be signalled.
        #expect(kill(number, 0) == -1)
        #expect(errno == ESRCH)
    }
}
