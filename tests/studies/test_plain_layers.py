import pytest

from cnnfc.cases import Case
from cnnfc.costs import costs
from cnnfc.errors import CannotMeasure
from cnnfc.studies.fidelity import CASES
from cnnfc.studies.plain_layers import plain_batch, plain_layer


@pytest.mark.parametrize("name", CASES)
def test_a_plain_layer_has_the_parameters_and_the_output_of_its_case(name):
    case = Case.parse(name)
    layer = plain_layer(case)
    assert sum(p.numel() for p in layer.parameters()) == costs(case).parameters
    assert layer(plain_batch(case)).numel() == costs(case).output_elements


@pytest.mark.parametrize("name", ["dense.64-64.bf16", "gemm.2048"])
def test_what_there_is_no_plain_layer_of_is_refused(name):
    with pytest.raises(CannotMeasure):
        plain_layer(Case.parse(name))
