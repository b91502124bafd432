"""Every form of data set that can be read, by name."""

from __future__ import annotations

from stgat.data.ctrgcn import CTRGCN
from stgat.data.gtu import GTU
from stgat.data.kinetics import Kinetics
from stgat.data.msr_action3d import MSRAction3D
from stgat.data.ntu import NTU60, NTU120
from stgat.data.nw_ucla import NWUCLA
from stgat.data.pyskl import PYSKL
from stgat.data.recordings import Recordings
from stgat.data.sequences import Format
from stgat.data.utd_mhad import UTDMHAD
from stgat.data.utkinect import UTKinect

FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        NTU60(),
        NTU120(),
        NWUCLA(),
        UTDMHAD(),
        UTKinect(),
        MSRAction3D(),
        GTU(),
        CTRGCN(),
        PYSKL(),
        Kinetics(),
        Recordings(),
    )
}
