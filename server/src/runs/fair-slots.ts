/** One run's share of the calls this process may have in flight. */
export interface Member {
  /** How many calls the run may have in flight right now; at least one. Changes as other runs come and go. */
  share(): number;
  leave(): void;
}

export interface FairSlots {
  join(workspaceId: string): Member;
}

/**
 * Divides the calls of a process evenly between the workspaces that run something, and each workspace's part between its
 * runs: ten runs of one workspace slow each other down, not somebody else. A share shrinks as calls end; none is cut off.
 */
export function createFairSlots(perProcess: number, perRun: number): FairSlots {
  const runsOf = new Map<string, number>();
  return {
    join: (workspaceId) => {
      runsOf.set(workspaceId, (runsOf.get(workspaceId) ?? 0) + 1);
      let isMember = true;
      return {
        share: () => {
          const runs = runsOf.get(workspaceId) ?? 1;
          return Math.max(1, Math.min(perRun, Math.floor(perProcess / runsOf.size / runs)));
        },
        leave: () => {
          if (!isMember) return;
          isMember = false;
          const left = (runsOf.get(workspaceId) ?? 1) - 1;
          if (left > 0) runsOf.set(workspaceId, left);
          else runsOf.delete(workspaceId);
        },
      };
    },
  };
}
