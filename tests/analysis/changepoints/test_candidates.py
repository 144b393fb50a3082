from cnnfc.analysis.changepoints.candidates import lengths, single_steps, stretches


def test_no_step_is_nearer_to_an_end_than_three_or_to_another_step_than_five():
    places, segments = single_steps([0, 12], [12, 30], 30)
    assert places.tolist() == [3, 4, 5, 6, 7, *range(17, 28)]
    assert segments.tolist() == [0] * 5 + [1] * 11


def test_short_segments_have_no_room():
    places, segments = single_steps([0, 7], [7, 10], 10)
    assert places.tolist() == segments.tolist() == []
    assert [part.tolist() for part in stretches([0, 7], [7, 10], 10)] == [[], [], []]


def test_lengths_grow_by_the_root_of_two():
    assert lengths(4) == []
    assert lengths(5) == [5]
    assert lengths(40) == [5, 7, 10, 14, 20, 28, 40]


def test_stretches_begin_at_every_quarter_of_their_length():
    begins, ends, segments = stretches([0], [30], 30)
    found = list(zip(begins.tolist(), ends.tolist(), strict=True))
    assert [pair for pair in found if pair[1] - pair[0] == 20] == [(3, 23)]
    assert [pair[0] for pair in found if pair[1] - pair[0] == 10] == list(range(3, 18, 2))
    assert set(segments.tolist()) == {0}
    assert all(begin >= 3 and end <= 27 for begin, end in found)


def test_stretches_stay_in_their_segment():
    begins, ends, segments = stretches([0, 20], [20, 60], 60)
    second = segments == 1
    assert begins[second].min() == 25
    assert ends[second].max() <= 57
    assert ends[~second].max() <= 15


def test_there_are_fewer_than_four_stretches_a_value():
    assert len(stretches([0], [2000], 2000)[0]) < 4 * 2000
