{{ edfacts_performance('FS175', 'STUDPERFM', 'Mathematics') }}
