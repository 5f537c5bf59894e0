import type { Check } from '../check.ts';
import type { Found } from '../finding.ts';

/** Drivers that take a qdisc into hardware: who answers TC_SETUP_QDISC_* in drivers/net of Linux 6.18. */
export const OFFLOADS: Readonly<Record<string, string>> = {
  igb: 'etf, cbs (i210)',
  igc: 'taprio, etf, cbs, mqprio',
  stmmaceth: 'taprio, etf, cbs',
  'intel-eth-pci': 'taprio, etf, cbs',
  fsl_enetc: 'taprio, cbs, mqprio',
  'am65-cpsw-nuss': 'taprio, mqprio',
  tsnep: 'taprio',
  lan966x: 'taprio, cbs, mqprio, tbf',
  mscc_felix: 'taprio, mqprio',
  sja1105: 'taprio, cbs',
  hellcreek: 'taprio, cbs',
};

/** What the hardware behind each uplink can do by itself. */
export const nic: Check = {
  name: 'nic',
  asks: 'can the NIC do TSN in hardware, and has it a clock',
  run: ({ nics, uplinks }) => {
    if ('unseen' in nics) return [{ severity: 'unseen', message: `NICs: ${nics.unseen}` }];
    if ('unseen' in uplinks) return [];
    return uplinks.seen.flatMap(({ name }): Found[] => {
      const { driver, ptpClock } = nics.seen[name] ?? {};
      if (driver === undefined) return [];
      const offload = OFFLOADS[driver];
      const clock = ptpClock === undefined ? 'no hardware clock' : `hardware clock /dev/ptp${ptpClock}`;
      const evidence = `/sys/class/net/${name}/device: driver ${driver}`;
      if (offload !== undefined && ptpClock !== undefined) {
        return [
          {
            severity: 'ok',
            subject: name,
            message: `${name} (${driver}): ${clock}; in hardware ${offload}`,
            evidence,
          },
        ];
      }
      return [
        {
          severity: 'hint',
          subject: name,
          message: `${name} (${driver}): ${clock}; ${offload === undefined ? 'no TSN offload is known of this driver: gates and launch times are kept by software' : `in hardware ${offload}`}`,
          evidence,
          mend: 'a NIC with a hardware clock and offload (Intel i210, i225, i226; NXP ENETC; TI CPSW) for gates of microseconds',
        },
      ];
    });
  },
};
