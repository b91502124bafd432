"""Every form of data set that can be read, by name."""

from __future__ import annotations

from stgat.data.ctrgcn import CTRGCN
from stgat.data.kinetics import Kinetics
from stgat.data.ntu import NTU60, NTU120
from stgat.data.nw_ucla import NWUCLA
from stgat.data.pyskl import PYSKL
from stgat.data.sequences import Format
from stgat.data.utd_mhad import UTDMHAD

FORMATS: dict[str, Format] = {
    form.name: form for form in (NTU60(), NTU120(), NWUCLA(), UTDMHAD(), CTRGCN(), PYSKL(), Kinetics())
}
