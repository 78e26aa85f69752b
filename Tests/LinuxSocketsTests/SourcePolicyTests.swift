import SocketStates
import Testing

@testable import LinuxSockets

@Suite struct SourcePolicyTests {
  @Test func `a passing failure is covered for one poll`() {
    var policy = SourcePolicy(.auto)
    #expect(policy.first(at: 0) == .sockDiag)
    let isCovered = policy.sockDiagFailed(permanently: false, at: 0)
    #expect(isCovered)
    #expect(policy.first(at: 5_000) == .sockDiag)
  }

  @Test func `what never works here is tried again every minute`() {
    var policy = SourcePolicy(.auto)
    let isCovered = policy.sockDiagFailed(permanently: true, at: 1_000)
    #expect(isCovered)
    #expect(policy.first(at: 1_001) == .procfs)
    #expect(policy.first(at: 60_999) == .procfs)
    #expect(policy.first(at: 61_000) == .sockDiag)
    policy.sockDiagAnswered()
    #expect(policy.first(at: 61_001) == .sockDiag)
  }

  @Test func `a source that the user chose is not replaced`() {
    var policy = SourcePolicy(.sockDiag)
    let isCovered = policy.sockDiagFailed(permanently: true, at: 0)
    #expect(!isCovered)
    #expect(policy.first(at: 1) == .sockDiag)
    #expect(SourcePolicy(.procfs).first(at: 0) == .procfs)
  }
}
